"""A query as people write it: words alone, or the parameters of the service's own address."""

from __future__ import annotations

import re
from collections.abc import Set
from urllib.parse import parse_qsl, urlsplit

from reviews.connectors.errors import UnknownParameter

_NAME = re.compile(r"\s*([A-Za-z][\w.-]*)=")
# What an address copied from a browser brings along, and what is set here for every request.
_OURS = re.compile(
    r"api_?key|countTotal|cursor(?:Mark)?|facet|fields|format|group_by|mailto|offset|order|page|pageSize|"
    r"pageToken|per[-_]page|rows|sample|seed|select|sort"
)


def read_parameters(query: str, *, service: str, plain: str, known: Set[str]) -> dict[str, str]:
    """Return the parameters that a query asks for.

    Parameters
    ----------
    query : str
        ``zinc colds``, or ``query.title=zinc&filter=type:journal-article``, or a whole address with these.
    service : str
        For the sentence of an error.
    plain : str
        The parameter that plain words are.
    known : set of str
        Those that may be given.

    Returns
    -------
    dict
        From name to value.

    Raises
    ------
    UnknownParameter
        The query names another one.

    Examples
    --------
    >>> read_parameters("zinc colds", service="Crossref", plain="query", known={"query"})
    {'query': 'zinc colds'}
    """
    text = query.strip()
    is_address = text.startswith(("http://", "https://"))
    first = _NAME.match(text)
    if not is_address and (first is None or first.group(1) not in known):
        return {plain: text}
    given = parse_qsl(urlsplit(text).query if is_address else text)
    parameters: dict[str, str] = {}
    for name, value in given:
        if _OURS.fullmatch(name):
            continue
        if name not in known:
            raise UnknownParameter(service=service, name=name, known=", ".join(sorted(known)))
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    if not parameters:
        raise UnknownParameter(service=service, name=text[:80], known=", ".join(sorted(known)))
    return parameters
