"""Which thread a page's address means: the same page is one thread, however somebody came to it."""

import hashlib
import re
from collections.abc import Sequence
from urllib.parse import quote, unquote_plus, urlsplit

import idna

from service.errors import FieldError, Invalid
from service.model import THREAD_MAX, Site

# What mailings, advertisers and networks add to an address, to know who comes by it.
_TRACKING = re.compile(
    "(utm|mtm|pk|hsa)_.*|"
    "fbclid|gclid|dclid|yclid|gclsrc|gbraid|wbraid|gad_source|srsltid|msclkid|ysclid|_openstat|twclid|ttclid|li_fat_id|"
    "igshid|igsh|epik|rdt_cid|mc_cid|mc_eid|mkt_tok|vero_id|oly_anon_id|oly_enc_id|wickedid|_hsenc|_hsmi|_ga|_gl|"
    "s_kwcid|ref_src|ref_url",
    re.IGNORECASE,
)
_INDEX = re.compile(r"/(index\.(x?html?|shtml|php|aspx?|jsp|cgi)|default\.(html?|php|aspx?))$", re.IGNORECASE)
_ESCAPE = re.compile("%([0-9a-fA-F]{2})")
_STRAY = re.compile("%(?![0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'")
# What browsers leave as it is in a path; the other signs become escapes.
_KEPT = "%/:@!$&'()*+,;=~|[]"
_STANDARD_PORT = {"http": 80, "https": 443}


def keys_of(site: Site, url: str) -> Sequence[str]:
    """Return the keys of threads that a page may have, the best first: its path as it stands, then the other way.

    The other way is with or without the slash at its end. Raises Invalid for a page that is not one of the site's.
    """
    try:
        parts = urlsplit(url)
        own = _origin(url) in site.origins
    except ValueError:
        own = False
    if not own:
        raise Invalid(FieldError("url", "is not a page of this site; its owner can add the origin, or name a thread"))
    path = _INDEX.sub("/", _escaped(parts.path) or "/")
    asked = "&".join(sorted(_escaped(one) for one in parts.query.split("&") if one and not _is_tracking(one)))
    other = f"{path}/" if not path.endswith("/") else path.rstrip("/")
    return [_short(f"{one}?{asked}" if asked else one) for one in (path, other) if one]


def _origin(url: str) -> str:
    """Return an address's origin as browsers send it. Raises ValueError."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    sent = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    named = f"[{sent}]" if ":" in sent else sent
    return f"{parts.scheme}://{named}" + (f":{port}" if port and port != _STANDARD_PORT.get(parts.scheme) else "")


def _is_tracking(parameter: str) -> bool:
    return bool(_TRACKING.fullmatch(unquote_plus(parameter.partition("=")[0])))


def _escaped(text: str) -> str:
    """Return a part of an address with each sign written in one way: `%7euser` and `~user` are the same."""
    return _ESCAPE.sub(_one_way, quote(_STRAY.sub("%25", text), safe=_KEPT))


def _one_way(escape: re.Match[str]) -> str:
    sign = chr(int(escape[1], 16))
    return sign if sign in _UNRESERVED else escape[0].upper()


def _short(key: str) -> str:
    """Return a key that fits; one in another script takes nine signs a letter, and its page is a page all the same."""
    if len(key) <= THREAD_MAX:
        return key
    rest = hashlib.blake2b(key.encode(), digest_size=16).hexdigest()
    return f"{key[: THREAD_MAX - len(rest) - 1]}~{rest}"
