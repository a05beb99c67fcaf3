"""Secrets: what is signed, what is hashed, and what may be guessed by nobody.

Every signature is bound to its purpose (itsdangerous' salt), so that a token made for one thing opens nothing else.
"""

import base64
import hashlib
import hmac
import secrets

from itsdangerous import BadSignature, Signer

API_TOKEN_PREFIX = "gp_"  # noqa: S105 - how a token begins, so that one that leaked is recognised


class Keys:
    """What is made from the installation's one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._edit = Signer(secret, salt="gatepost.edit", digest_method=hashlib.sha256)
        self._form = Signer(secret, salt="gatepost.form", digest_method=hashlib.sha256)
        self._place_key = Signer(secret, salt="gatepost.place", digest_method=hashlib.sha256).derive_key()
        self._avatar_key = Signer(secret, salt="gatepost.avatar", digest_method=hashlib.sha256).derive_key()

    def edit_token(self, site: str, comment_id: str) -> str:
        """Return the token with which an author may look after their own comment.

        It is the same each time, so that a repeated request gets the same answer; the edit window ends it.
        """
        return self._edit.sign(f"{site}/{comment_id}").decode()

    def opens(self, edit_token: str, site: str, comment_id: str) -> bool:
        """Tell whether this is the comment's edit token; compared in constant time."""
        try:
            return self._edit.unsign(edit_token) == f"{site}/{comment_id}".encode()
        except BadSignature:
            return False

    def form_token(self, site: str, now: int) -> str:
        """Return a token that says when a form of this site was opened."""
        return self._form.sign(f"{site}/{now}").decode()

    def form_opened(self, form_token: str, site: str) -> int | None:
        """Return when the form of this token was opened; None for a token that is not ours or of another site."""
        try:
            named, _, opened = self._form.unsign(form_token).decode().rpartition("/")
        except BadSignature:
            return None
        return int(opened) if named == site else None

    def place(self, network: str) -> str:
        """Return what is kept of a network, so that the same one is known again and no address is written down."""
        return hmac.new(self._place_key, network.encode(), hashlib.sha256).hexdigest()[:32]

    def avatar(self, site: str, author: str, email: str | None) -> str:
        """Return a seed for an author's picture: 12 hex digits, the same for the same author on this site only.

        Keyed, so that no other site can recompute it from an e-mail address.
        """
        text = "\0".join((site, author.casefold(), (email or "").casefold()))
        return hmac.new(self._avatar_key, text.encode(), hashlib.sha256).hexdigest()[:12]


def new_secret(prefix: str = "") -> str:
    """Return 256 random bits as text, for tokens, sessions and sign-in links."""
    return prefix + secrets.token_urlsafe(32)


def new_hook_secret() -> str:
    """Return a key for signing hooks, in the form of the Standard Webhooks specification."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def hash_secret(secret: str) -> str:
    """Return what is kept of such a secret. Plain SHA-256 is enough: 256 random bits cannot be searched for."""
    return hashlib.sha256(secret.encode()).hexdigest()
