"""The fixed pieces of issued keys and tokens that say by themselves what they are, as their issuers document them.

Case counts.
"""

from __future__ import annotations

from typing import NamedTuple


class Format(NamedTuple):
    """How the keys of one kind are written.

    Attributes:
        piece: What every one of them holds.
        kind: What it is, in words.
        behind: A pattern of what follows the piece.
        head: A pattern of what precedes it, where the piece is not the beginning.
        apart: Characters none of which stands in front, as in a pattern's brackets.
    """

    piece: str
    kind: str
    behind: str
    head: str = ""
    apart: str = r"\w"


ANYWHERE: tuple[Format, ...] = (
    Format("sk-", "OpenAI key", r"[\w-]{20,}"),
    Format("AKIA", "AWS key", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    Format("A3T", "AWS key", r"[A-Z0-9]{17}(?!\w)"),
    Format("ABIA", "AWS key", r"[A-Z0-9]{16}(?!\w)"),
    Format("ACCA", "AWS key", r"[A-Z0-9]{16}(?!\w)"),
    Format("ASIA", "AWS key", r"[A-Z0-9]{16}(?![A-Za-z0-9])", apart=r"A-Za-z0-9"),
    Format("ABSK", "AWS key", r"[A-Za-z0-9+/]{40,}={0,2}", apart=r"A-Za-z0-9"),
    Format("hf_", "Hugging Face token", r"(?:oauth|jwt)_[\w.-]{20,}"),
    Format("gl", "GitLab token", r"(?:pat|dt|rt|soat|ptt|cbt|imt|ft|agent|ffct|oas)-[\w.-]{20,}"),
    Format("ya29.", "Google key", r"[\w-]{20,}"),
    Format("GOCSPX-", "Google key", r"[\w-]{20,}"),
    Format("1//0", "Google key", r"[\w-]{30,}", apart=r"\w/:"),
    Format("xapp-", "Slack token", r"\d-[\w-]{10,}"),
    Format("xox", "Slack token", r"[a-z]-[\w-]{8,}"),
    Format("hooks.slack.com/", "Slack token", r"(?:services|workflows|triggers)/[\w/+-]{20,}"),
    Format("dapi", "Databricks token", r"[0-9a-f]{32}(?:-\d)?", apart=r"A-Za-z0-9"),
    Format("nvapi-", "NVIDIA key", r"[\w-]{40,}"),
    Format("xai-", "xAI key", r"[A-Za-z0-9]{40,}", apart=r"\w-"),
    Format("pplx-", "Perplexity key", r"[A-Za-z0-9]{30,}"),
    Format("lsv2_", "LangSmith key", r"(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    Format("tgp_v1_", "Together key", r"[\w-]{30,}"),
    Format("fw_", "Fireworks key", r"[A-Za-z0-9]{22,}", apart=r"A-Za-z0-9_"),
    Format("csk-", "Cerebras key", r"[a-z0-9]{40,}", apart=r"\w-"),
    Format("pcsk_", "Pinecone key", r"\w{40,}"),
    Format("ak-", "Modal token", r"[A-Za-z0-9]{22}(?![\w-])", apart=r"\w-"),
    Format("as-", "Modal token", r"[A-Za-z0-9]{22}(?![\w-])", apart=r"\w-"),
    Format("KGAT_", "Kaggle token", r"[A-Za-z0-9]{30,}"),
    Format("AccountKey=", "Azure key", r"[A-Za-z0-9+/]{60,}={0,2}"),
    Format("JQQJ99", "Azure key", r"[A-Za-z0-9]{20,}", head=r"[A-Za-z0-9]{40,60}", apart=r"A-Za-z0-9"),
    Format("k_", "Stripe key", r"(?:live|test|prod)_[A-Za-z0-9]{10,}", head=r"[rs]", apart=r"A-Za-z0-9"),
    Format("whsec_", "Stripe key", r"[A-Za-z0-9+/=]{24,}"),
    Format("SG.", "SendGrid key", r"(?:[\w-]{16,32}\.[\w-]{30,64}|[\w=.-]{66})"),
    Format("_v1_", "DigitalOcean token", r"[0-9a-f]{64}", head=r"do[opr]"),
    Format("HRKU-", "Heroku key", r"[\w-]{30,}"),
    Format("dckr_", "Docker token", r"(?:pat|oat)_[\w-]{20,}"),
    Format("hv", "Vault token", r"[sbr]\.[\w-]{24,}"),
    Format("glsa_", "Grafana token", r"[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}"),
    Format("glc_", "Grafana token", r"[A-Za-z0-9+/=]{32,}"),
    Format("sntry", "Sentry token", r"[us]_[\w+/=.-]{40,}"),
    Format("tskey-", "Tailscale key", r"[a-z]{2,12}-[A-Za-z0-9-]{16,}"),
    Format("AGE-SECRET-KEY-1", "private key", r"[A-Z0-9]{58}"),
    Format("ntn_", "Notion token", r"[A-Za-z0-9]{40,}"),
    Format("lin_", "Linear key", r"(?:api|oauth)_[A-Za-z0-9]{32,}"),
    Format("shp", "Shopify token", r"(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}"),
    Format("sq0", "Square token", r"(?:atp|csp)-[\w-]{22,}"),
    Format("PMAK-", "Postman key", r"[0-9a-f]{24}-[0-9a-f]{34}"),
    Format("pul-", "Pulumi token", r"[0-9a-f]{40}", apart=r"\w-"),
    Format("rubygems_", "RubyGems key", r"[0-9a-f]{48}"),
    Format("dp.", "Doppler token", r"(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,}"),
    Format("fo1_", "Fly.io token", r"[\w-]{43}"),
    Format("fm", "Fly.io token", r"(?:1[ar]|2)_[A-Za-z0-9+/=]{80,}"),
    Format("key-", "Mailgun key", r"[0-9a-f]{32}(?![\w-])", apart=r"\w-"),
    Format("pat", "Airtable token", r"[A-Za-z0-9]{14}\.[0-9a-f]{64}"),
    Format("ATATT3", "Atlassian token", r"[\w=-]{100,}"),
    Format("NR", "New Relic key", r"(?:AK|JS|II)-[A-Za-z0-9-]{19,}"),
    Format("pscale_", "PlanetScale token", r"(?:tkn|oauth|pw)_[\w.=-]{32,}"),
    Format("pnu_", "Prefect key", r"[A-Za-z0-9]{36}"),
    Format("sgp_", "Sourcegraph token", r"(?:[A-Fa-f0-9]{16}_|local_)?[A-Fa-f0-9]{40}"),
    Format("SK", "Twilio key", r"[0-9a-fA-F]{32}(?!\w)"),
    Format("AC", "Twilio key", r"[0-9a-f]{32}(?!\w)"),
    Format("dt0c01.", "Dynatrace token", r"[A-Za-z0-9]{24}\.[A-Za-z0-9]{64}"),
    Format("ops_eyJ", "1Password token", r"[A-Za-z0-9+/=]{100,}"),
    Format("AKC", "Artifactory key", r"[A-Za-z0-9]{10,}(?!\w)"),
    Format("AP", "Artifactory key", r"[0-9A-F](?=[A-Z0-9]{0,40}[a-z])(?=[A-Za-z]{0,40}\d)[A-Za-z0-9]{8,}(?!\w)"),
    Format("CLOJARS_", "Clojars token", r"[a-z0-9]{60}"),
    Format("sha256~", "OpenShift token", r"[\w-]{43}"),
    Format("A3-", "1Password key", r"[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}"),
    Format(
        ".acc", "Authress key", r"[_-][\w-]{10,32}\.[\w+/=-]{30,}", head=r"(?:sc|ext|scauth|authress)_\w{5,30}\.\w{4,6}"
    ),
    Format("Q~", "Azure key", r"[\w~.-]{31,34}", head=r"[\w~.]{3}\d", apart=r"\w~.-"),
    Format("v1.0-", "Cloudflare key", r"[0-9a-f]{24}-[0-9a-f]{146}"),
    Format("GR1348941", "GitLab token", r"[\w-]{20,}"),
    Format("_gitlab_session=", "GitLab token", r"[0-9a-z]{32}"),
    Format("at.", "Harness key", r"[\w-]{22}\.[A-Za-z0-9]{24}\.[A-Za-z0-9]{20}", head=r"[ps]"),
    Format(".atlasv1.", "Terraform token", r"[\w=-]{60,}", head=r"[A-Za-z0-9]{14}"),
    Format("_mmk", "MaxMind key", "", head=r"[A-Za-z0-9]{6}_[A-Za-z0-9]{29}"),
    Format("webhookb2/", "Teams webhook", r"[a-z0-9-]{20,80}@[a-z0-9-]{20,80}/IncomingWebhook/[\w/-]{20,120}"),
    Format("API-", "Octopus key", r"[A-Z0-9]{26}(?!\w)", apart=r"\w-"),
    Format("access-", "Plaid token", r"(?:sandbox|development|production)-[0-9a-f]{8}-[0-9a-f-]{27}"),
    Format("sm_", "SettleMint token", r"[aps]at_[A-Za-z0-9]{16,}"),
    Format("EAAA", "Square token", r"[\w-]{22,}"),
    Format("-us", "Mailchimp key", r"\d{1,2}(?!\w)", head=r"[0-9a-z]{32}"),
    Format("s.", "Vault token", r"(?=[A-Za-z]{0,23}\d)[A-Za-z0-9]{24}(?![\w.])", apart=r"\w./-"),
    Format("pk.", "Mapbox token", r"[A-Za-z0-9]{60}\.[\w-]{22}"),
    Format("FLWSECK_TEST-", "Flutterwave key", r"[A-Za-z0-9]{12,}(?:-X)?"),
    Format("eyJ", "signed token", r"[\w=-]{15,}\.[\w=-]{10,}(?:\.[\w=-]*)?", apart=r"\w-"),
    Format(".ey", "signed token", r"[\w/\\-]{17,}(?:\.[\w/\\=-]*)?", head=r"ey[A-Za-z0-9]{17,64}", apart=r"\w-"),
    Format("sig=", "Azure key", r"[A-Za-z0-9%+/]{40,}(?:%3[Dd]|=)"),
    Format("tvly-", "Tavily key", r"(?:[a-z]{3,4}-)?[A-Za-z0-9]{24,}", apart=r"\w-"),
    Format("duffel_", "Duffel token", r"(?:test|live)_[\w=-]{43}"),
    Format("fio-u-", "Frame.io token", r"[\w=-]{64}"),
    Format("dnkey-", "Defined Networking token", r"[\w=-]{26}-[\w=-]{52}"),
    Format("tfp_", "Typeform token", r"[\w.=-]{40,}"),
    Format("|", "Facebook token", r"[\w-]{27,40}(?![\w|-])", head=r"\d{15,16}", apart=r"\w|"),
)
"""Looked for everywhere."""
SOLID: tuple[Format, ...] = (
    Format("hf_", "Hugging Face token", r"[A-Za-z0-9]{24,}"),
    Format("api_org_", "Hugging Face token", r"[A-Za-z0-9]{24,}"),
    Format("gh", "GitHub token", r"[opsur]_[A-Za-z0-9]{30,}"),
    Format("npm_", "npm token", r"[A-Za-z0-9]{36}"),
    Format("r8_", "Replicate token", r"[A-Za-z0-9]{30,}"),
    Format("gsk_", "Groq key", r"[A-Za-z0-9]{30,}"),
    Format("rpa_", "RunPod key", r"[A-Za-z0-9]{30,}"),
    Format("jina_", "Jina key", r"[A-Za-z0-9_-]{50,}"),
    Format("sk_", "ElevenLabs key", r"[0-9a-f]{48}(?!\w)"),
    Format("sbp_", "Supabase token", r"[0-9a-f]{40}(?!\w)"),
    Format("pit_", "Prime Intellect key", r"[0-9a-f]{64}(?!\w)"),
    Format("rnd_", "Render key", r"(?=[A-Za-z]{0,27}\d)[A-Za-z0-9]{28,}(?!\w)"),
    Format("ZENKEY_", "ZenML key", r"[A-Za-z0-9+/=]{40,}"),
    Format("LTAI", "Alibaba key", r"[A-Za-z0-9]{20}(?!\w)"),
    Format("cmVmd", "Artifactory key", r"[A-Za-z0-9]{59}(?!\w)"),
    Format("4b1d", "ClickHouse key", r"[A-Za-z0-9]{38}(?!\w)"),
    Format("p8e-", "Adobe secret", r"[A-Za-z0-9]{32}(?!\w)"),
    Format("bedrock-api-key-", "AWS key", r"YmVk[A-Za-z0-9+/=]{20,}"),
    Format("EZ", "EasyPost key", r"[AT]K[A-Za-z0-9]{54}(?!\w)"),
    Format("EAA", "Facebook token", r"[MC][A-Za-z0-9]{100,}"),
    Format("FLWPUBK_TEST-", "Flutterwave key", r"[A-Za-z0-9]{32}-X"),
    Format("eyJrIjoi", "Grafana token", r"[A-Za-z0-9]{70,}={0,2}"),
    Format("ico-", "Infracost key", r"[A-Za-z0-9]{32}(?!\w)", apart=r"\w-"),
    Format("s-s4t2", "Intra42 secret", r"(?:ud|af)-[0-9a-fA-F]{64}"),
    Format("rdme_", "ReadMe key", r"[a-z0-9]{70}"),
    Format("xkeysib-", "Brevo key", r"[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    Format("shippo_", "Shippo token", r"(?:live|test)_[0-9a-fA-F]{40}"),
    Format("pubkey-", "Mailgun key", r"[0-9a-f]{32}(?![\w-])", apart=r"\w-"),
    Format("soap/v3", "SoftLayer key", r"(?:\.1)?/[a-z0-9]{64}"),
)
"""Looked for where 24 letters and digits stand in a row, as they hardly ever do in a config."""
LONG: tuple[Format, ...] = (
    Format("github_pat_", "GitHub token", r"\w{22,}"),
    Format("AIza", "Google key", r"[\w-]{35}"),
    Format("pypi-", "PyPI token", r"[\w-]{40,}"),
    Format("wandb_v1_", "Weights & Biases key", r"\w{24,}"),
    Format("/api/webhooks/", "Discord webhook", r"\d{15,22}/[\w-]{40,}", apart=""),
    Format(":", "Telegram token", r"(?=[\w-]{0,34}[A-Za-z])[\w-]{35}(?![\w-])", head=r"\d{8,10}", apart=r"\w:"),
    Format("pa-", "Voyage key", r"(?=[\w-]{0,42}\d)(?=[\w-]{0,42}[A-Z])[\w-]{43}(?![\w-])", apart=r"\w-"),
    Format("secret_", "Lambda key", r"[\w-]{0,64}?[0-9a-f]{32}\.[A-Za-z0-9]{24,}"),
    Format("secret_", "Notion token", r"[A-Za-z0-9]{43}(?!\w)"),
    Format("tk-us-", "Scalingo token", r"[\w-]{48}", apart=r"\w-"),
)
"""Looked for where 32 letters, digits, hyphens and underscores stand in a row."""
