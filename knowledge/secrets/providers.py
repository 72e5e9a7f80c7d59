"""Keys of which only the provider's name in front tells what they are: the shapes that keys of each provider have.

The shapes are facts of the providers, as public lists of them (gitleaks, detect-secrets) collect them too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from knowledge.pattern import expression

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Iterator

    from knowledge.secrets.secret import Span

_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_SHAPES: tuple[tuple[str, str], ...] = (
    ("[a-z0-9]{15}", "dropbox"),
    ("[a-z0-9]{14}", "linkedin linked_in linked-in"),
    ("[a-z0-9]{16}", "confluent linkedin linked_in linked-in"),
    ("[0-9]{16}", "asana"),
    ("[a-z0-9]{17}", "airtable"),
    ("[0-9]{18}", "discord"),
    ("[a-z0-9]{20}", "finicity finnhub looker"),
    ("[a-z0-9]{22}", "travis"),
    ("(?:[a-z0-9]{45}|[a-z0-9]{50}|a{22}[a-z0-9%]{80,100}|[0-9]{15,25}-[a-z0-9]{20,40})", "twitter"),
    ("[a-z0-9/=_+-]{80,90}", "kraken"),
    ("[0-9]{15,16}(?:\\||%)[0-9a-z_-]{27,40}", "facebook"),
    ("(?:t1\\.[a-z0-9_-]{1,400}={0,2}\\.[a-z0-9_-]{86}={0,2}|aqvn[a-z0-9_-]{35,38}|yc[a-z0-9_-]{38})", "yandex"),
    ("sl\\.[a-z0-9_=-]{135}", "dropbox"),
    ("su[a-z0-9]{12}", "sumo"),
    ("[a-f0-9]{8}:[a-f0-9]{8}", "bundle_enterprise__contribsys__com bundle_gems__contribsys__com"),
)
_LONG_SHAPES: tuple[tuple[str, str], ...] = (
    ("[0-9a-f]{32}", "adobe facebook linear"),
    ("[a-z0-9]{32}", "algolia asana bitbucket bittrex codecov droneci flickr privateai private_ai private-ai"),
    ("[a-z0-9_=-]{32}", "adafruit discord fastly finicity nytimes new-york-times newyorktimes"),
    ("[0-9a-f]{40}", "meraki sendbird sourcegraph"),
    ("(?![0-9a-f]{40})[a-z0-9]{40}", "cohere co_api_key"),
    ("[a-z0-9_=-]{40}", "cloudflare datadog gitter launchdarkly zendesk"),
    ("(?:sq[upa]_)?[a-z0-9_=-]{40}", "sonar"),
    ("[a-z0-9_=-]{40,46}", "netlify"),
    ("[a-z0-9_-]{64}", "coinbase"),
    ("[0-9a-f]{64}", "discord sentry cloudant"),
    ("[a-z0-9]{64}", "confluent freshbooks jfrog artifactory bintray xray new-relic newrelic new_relic sumo softlayer"),
    ("[a-z0-9_=-]{64}", "bitbucket"),
    ("[a-z0-9]{73}", "jfrog artifactory bintray xray"),
    (_UUID, "heroku hubspot kucoin messagebird message-bird message_bird sendbird snyk squarespace"),
    ("[a-z0-9]{11}a{10}[a-z0-9_=-]{43}", "dropbox"),
    ("[a-z0-9]{24}", "atlassian confluence jira etsy kucoin looker plaid cloudant"),
    ("[a-z0-9]{25}", "messagebird message-bird message_bird twitter"),
    ("[a-z0-9]{26}", "mattermost"),
    ("[a-z0-9]{30}", "alibaba plaid twitch"),
    ("[0-9a-f]{37}", "cloudflare"),
    ("[a-z0-9_=-]{43}", "contentful"),
    ("[a-z0-9_-]{44}", "ibm cloud_iam cloud-iam"),
    ("b_[a-z0-9_=-]{44}", "beamer"),
    ("[a-z0-9_-]{50}", "rapidapi"),
    ("[a-z0-9_=-]{60}", "intercom"),
    ("00[a-z0-9_=-]{40}", "okta"),
    ("live_[a-z0-9_=-]{40}", "gocardless"),
    ("(?:live|test)_(?:pub_)?[0-9a-f]{31,35}", "lob"),
    ("[a-h0-9]{32}-[a-h0-9]{8}-[a-h0-9]{8}", "mailgun"),
    ("[0-9]{5,16}:a[a-z0-9_-]{34}", "telegr"),
)
"""Those of 24 letters and digits in a row or of 32 word characters, which few texts hold."""
_BETWEEN = r"[ \t\w.-]{0,20}[\s'\"]{0,3}(?:=>?|>|:{1,3}=?|\|\||\?=|,)[`'\"\s=]{0,5}"
_BEHIND = r"(?![\w=+/-])"


_WORD_TABLE = bytes(48 if chr(value) in "abcdefghijklmnopqrstuvwxyz0123456789_=-" else 32 for value in range(256))
_LONG_RUN = b"0" * 32


def _patterns() -> dict[str, re.Pattern[str]]:
    """Provider -> the pattern of its name and one of its keys."""
    shapes: dict[str, list[str]] = {}
    for shape, names in (*_SHAPES, *_LONG_SHAPES):
        for name in names.split():
            shapes.setdefault(name, []).append(shape)
    return {name: expression(f"{name}{_BETWEEN}({'|'.join(found)}){_BEHIND}") for name, found in shapes.items()}


_PATTERNS = _patterns()
PROVIDERS = tuple(_PATTERNS)
_OF_ANY_LENGTH = frozenset(name for _, names in _SHAPES for name in names.split())
"""Providers some of whose keys are short."""


def of_providers(low: str, pieces: Collection[str], *, solid: bool) -> list[Iterator[Span]]:
    """The keys of a text that stand behind the name of their provider.

    Args:
        low: The text in lower case.
        pieces: Those of `PROVIDERS` that stand in it.
        solid: Whether 24 letters and digits stand in a row.
    """
    long = solid or _LONG_RUN in low.encode("utf-8", "replace").translate(_WORD_TABLE)
    names = _PATTERNS if long else _OF_ANY_LENGTH
    return [_of_provider(low, _PATTERNS[name]) for name in names if name in pieces]


def _of_provider(low: str, pattern: re.Pattern[str]) -> Iterator[Span]:
    for match in pattern.finditer(low):
        if not match[1].startswith("masked-") and any(character.isdigit() for character in match[1]):
            yield "secret", match.start(1), match.end(1)
