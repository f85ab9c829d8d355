"""People's own keys for the services that they search: encrypted at rest, never shown or logged again."""

import base64
import logging

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from reviews.errors import InvalidInput
from reviews.models import Connector, Membership, Role, RunTrigger, SearchRun, ServiceKey, User

logger = logging.getLogger(__name__)

NCBI, OPENALEX = "ncbi", "openalex"
SERVICES = {NCBI: "NCBI (PubMed)", OPENALEX: "OpenAlex"}
# Which of a person's keys a search uses.
_SERVICE_OF = {
    Connector.PUBMED: NCBI,
    Connector.CITATIONS: NCBI,
    Connector.HAND: NCBI,
    Connector.OPENALEX: OPENALEX,
}
_INSTALL = {NCBI: "ENTREZ_API_KEY", OPENALEX: "OPENALEX_API_KEY"}
_SHORTEST, _LONGEST = 16, 128


def _fernet() -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"perennial.service_keys.1").derive(
        settings.SECRET_KEY.encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))


def _refuse_unknown_service(service: str) -> None:
    if service not in SERVICES:
        raise InvalidInput("“{service}” takes no key here.", service=service)


@transaction.atomic
def set_key(*, by: User, service: str, key: str, for_schedules: bool = False) -> ServiceKey:
    """Keep a person's key in place of an earlier one. Refuses what cannot be a key."""
    _refuse_unknown_service(service)
    key = key.strip()
    if not (_SHORTEST <= len(key) <= _LONGEST and key.isascii() and key.replace("-", "").isalnum()):
        raise InvalidInput(
            "A key has {shortest} to {longest} letters and digits: copy it whole from your account there.",
            shortest=_SHORTEST,
            longest=_LONGEST,
        )
    kept, _ = ServiceKey.objects.update_or_create(
        user=by,
        service=service,
        defaults={
            "ciphertext": _fernet().encrypt(key.encode()).decode(),
            "ending": key[-4:],
            "for_schedules": for_schedules,
        },
    )
    return kept


@transaction.atomic
def set_for_schedules(*, by: User, service: str, for_schedules: bool) -> None:
    """Lend the key to the scheduled searches of the reviews that this person leads, or take it back."""
    ServiceKey.objects.filter(user=by, service=service).update(for_schedules=for_schedules)


@transaction.atomic
def forget(*, by: User, service: str) -> None:
    """Delete a person's key; runs under way go on with the one they began with."""
    ServiceKey.objects.filter(user=by, service=service).delete()


def keys_of(user: User) -> list[ServiceKey]:
    """What a person's page may show: service, last characters, day."""
    return list(ServiceKey.objects.filter(user=user).defer("ciphertext").order_by("service"))


def key_of(user: User, service: str = NCBI) -> str:
    """A person's key in the clear, for a request of theirs; "" where there is none."""
    kept = ServiceKey.objects.filter(user=user, service=service).first()
    return _opened(kept) if kept else ""


def fingerprint(text: str) -> str:
    """A short name for a text, for the cache; says nothing of the text itself."""
    return salted_hmac("perennial.fingerprint", text, algorithm="sha256").hexdigest()[:32]


def key_for(run: SearchRun, service: str | None = None) -> str:
    """The key that a run is sent with: of whoever asked for it, of a lead who lends one, or the install's.

    `service` is the one that the run's source is searched at, unless another is named.
    """
    service = service or service_of(run.source.connector)
    if service is None:
        return ""
    own = key_of(run.requested_by, service) if run.requested_by else _lent(run, service)
    return own or install_key(service)


def install_key(service: str = NCBI) -> str:
    """The key that the settings give to the whole install; "" where they give none."""
    return str(getattr(settings, _INSTALL[service]))


def service_of(connector: str) -> str | None:
    """Whose key a search through this connector takes; None where it takes none."""
    return _SERVICE_OF.get(Connector(connector))


def _lent(run: SearchRun, service: str) -> str:
    if run.trigger != RunTrigger.SCHEDULE:
        return ""
    leads = Membership.objects.filter(review_id=run.review_id, role=Role.LEAD, until__isnull=True)
    kept = (
        ServiceKey.objects.filter(service=service, for_schedules=True, user__in=leads.values("user_id"))
        .order_by("added_at", "pk")
        .first()
    )
    return _opened(kept) if kept else ""


def _opened(kept: ServiceKey) -> str:
    try:
        return _fernet().decrypt(kept.ciphertext.encode()).decode()
    except InvalidToken:
        # The install's secret changed: the key is lost, the search goes on at the slower pace.
        logger.warning("%s key of user %s: not of this SECRET_KEY", kept.service, kept.user_id)
        return ""
