"""How allauth makes accounts here."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """E-mail is the login; there is no username to fill in."""

    def populate_username(self, request: object, user: object) -> None:
        return None
