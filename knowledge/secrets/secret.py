"""One secret of a text, and how its owner makes it worthless."""

from __future__ import annotations

import re

from knowledge.value import record

Span = tuple[str, int, int]
"""The kind of a secret, the index of its first character, and the index behind its last."""


@record
class Secret:
    """One secret in a text.

    Attributes:
        kind: What it is, in words ("Hugging Face token").
        start: Index of its first character.
        end: Index behind its last character.
        line: Its line, from 1.
        revoke: One sentence: where its owner makes it worthless.
    """

    kind: str
    start: int
    end: int
    line: int
    revoke: str

    @property
    def mask(self) -> str:
        """What stands in its place: a plain word, so that a masked config is still the same YAML."""
        return "masked-" + re.sub(r"[^a-z0-9]+", "-", self.kind.lower()).strip("-")


def revoke_of(kind: str) -> str:
    """The sentence that says where a secret of this kind is made worthless."""
    return _REVOKE.get(kind, _REVOKE["secret"])


_REVOKE = {
    "Hugging Face token": "Invalidate it at huggingface.co/settings/tokens and create a new one.",
    "Weights & Biases key": "Delete it at wandb.ai/settings under API keys and create a new one.",
    "Comet key": "Revoke it at comet.com under Account settings, API keys.",
    "OpenAI key": "Revoke it at platform.openai.com/api-keys.",
    "Anthropic key": "Delete it at console.anthropic.com/settings/keys.",
    "AWS key": "Deactivate it in the AWS console under IAM, Security credentials.",
    "GitHub token": "Revoke it at github.com/settings/tokens.",
    "GitLab token": "Revoke it at gitlab.com under Preferences, Access tokens.",
    "Discord token": "Reset it at discord.com/developers/applications, page Bot.",
    "Discord webhook": "Delete the webhook in the channel's settings under Integrations.",
    "Slack token": "Revoke it at api.slack.com/apps.",
    "Google key": "Delete it at console.cloud.google.com/apis/credentials.",
    "PyPI token": "Delete it at pypi.org/manage/account.",
    "npm token": "Delete it at npmjs.com under Access tokens.",
    "Replicate token": "Delete it at replicate.com/account/api-tokens.",
    "Groq key": "Delete it at console.groq.com/keys.",
    "RunPod key": "Delete it at console.runpod.io under Settings, API keys.",
    "private key": "Replace the key pair wherever its public half is installed.",
    "signed token": "Revoke it where it was issued; a signed token stays valid until it expires.",
    "password in an address": "Change that password, and keep the new one out of addresses.",
    "password": "Change that password wherever it is used.",
    "secret": "Revoke it where it was issued and create a new one.",
}
