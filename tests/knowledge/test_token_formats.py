"""Keys and tokens that say by themselves what they are are masked wherever they stand."""

import random
import string

import pytest

from knowledge.secrets import find, mask

LETTERS, HEX = string.ascii_letters + string.digits, "0123456789abcdef"


def made(length, alphabet=LETTERS):
    """Random characters, the same in every run."""
    return "".join(random.Random(length).choices(alphabet, k=length))


TOKENS = {
    "GitLab token": "glpat-" + made(20),
    "AWS key": "ASIA" + made(16, string.ascii_uppercase + string.digits),
    "Hugging Face token": "hf_oauth_" + made(40),
    "Google key": "GOCSPX-" + made(28),
    "Slack token": "xapp-1-" + made(30),
    "Databricks token": "dapi" + made(32, HEX),
    "NVIDIA key": "nvapi-" + made(64),
    "xAI key": "xai-" + made(80),
    "Perplexity key": "pplx-" + made(48),
    "LangSmith key": "lsv2_pt_" + made(32, HEX) + "_" + made(10, HEX),
    "Together key": "tgp_v1_" + made(43),
    "Fireworks key": "fw_" + made(22),
    "Pinecone key": "pcsk_" + made(50),
    "Modal token": "ak-" + made(22),
    "Kaggle token": "KGAT_" + made(32, HEX),
    "Azure key": made(52) + "JQQJ99" + made(26),
    "Telegram token": "1234567890:AA" + made(33),
    "Stripe key": "sk_live_" + made(24),
    "SendGrid key": "SG." + made(22) + "." + made(43),
    "DigitalOcean token": "dop_v1_" + made(64, HEX),
    "Docker token": "dckr_pat_" + made(27),
    "Vault token": "hvs." + made(90),
    "Grafana token": "glsa_" + made(32) + "_" + made(8, HEX),
    "Tailscale key": "tskey-auth-" + made(30),
    "Notion token": "ntn_" + made(46),
    "Linear key": "lin_api_" + made(40),
    "Shopify token": "shpat_" + made(32, HEX),
    "Postman key": "PMAK-" + made(24, HEX) + "-" + made(34, HEX),
}
PLACES = ("{}", "k: {}", "# was {} before", "k: [a, {}]", "{}: 1", "run --with={} now", "https://x.test/?q={}", "'{}'")


@pytest.mark.parametrize("kind", TOKENS)
def test_an_issued_token_is_masked_without_a_telling_name(kind):
    token = TOKENS[kind]
    for place in PLACES:
        text = place.format(token)
        assert [secret.kind for secret in find(text)] == [kind], text
        assert token[8:] not in mask(text)
        assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Authorization: Basic dXNlcjpodW50ZXIyMg==", "dXNlcjpodW50"),
        ("s3://AKIDEXAMPLE1:wJalr/XUtnFEMI/K7MDENG@bucket/x", "XUtnFEMI"),
        ("api_key: my_real_token_8f7a6b5c4d3e", "8f7a6b5c4d3e"),
        ("password: example8f7a6b5c", "8f7a6b5c"),
    ],
)
def test_values_beside_a_telling_name_are_masked(text, part):
    assert part not in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:8080/path@v1",
        "api_key: your_api_key_here",
        "token: my-token",
        "path: org/glpat-notes",
        "run_name: ak-47-rows",
        "load_in_4bit: true",
        "hv: 1",
    ],
)
def test_what_only_looks_like_one_is_left(text):
    assert mask(text) == text
