"""Keys and tokens that say by themselves what they are are masked wherever they stand."""

import base64
import random
import string

import pytest

from knowledge.secrets import find, mask
from tests.many import over

LETTERS, HEX = string.ascii_letters + string.digits, "0123456789abcdef"
LOWER = string.ascii_lowercase + string.digits


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
TOKENS |= {
    "Jina key": "jina_" + made(60),
    "ElevenLabs key": "sk_" + made(48, HEX),
    "Supabase token": "sbp_" + made(40, HEX),
    "Prime Intellect key": "pit_" + made(64, HEX),
    "Render key": "rnd_" + made(28),
    "ZenML key": "ZENKEY_" + made(60),
    "Tavily key": "tvly-dev-" + made(32),
    "Voyage key": "pa-" + made(43),
    "Lambda key": "secret_mine_" + made(32, HEX) + "." + made(32),
    "New Relic key": "NRII-" + made(20) + "-" + made(11),
}
PLACES = ("{}", "k: {}", "# was {} before", "k: [a, {}]", "{}: 1", "run --with={} now", "https://x.test/?q={}", "'{}'")


@over(TOKENS)
def test_an_issued_token_is_masked_without_a_telling_name(kind):
    token = TOKENS[kind]
    for place in PLACES:
        text = place.format(token)
        assert [secret.kind for secret in find(text)] == [kind], text
        assert token[8:] not in mask(text)
        assert mask(mask(text)) == mask(text)


BESIDE_A_NAME = {
    "adafruit_key: {}": made(32, LOWER),
    "DATADOG_API_KEY={}": made(40, LOWER),
    "cohere-token: '{}'": made(40),
    "heroku: {}": f"{made(8, HEX)}-{made(4, HEX)}-4abc-9def-{made(12, HEX)}",
    "twitter_bearer = {}": "A" * 22 + made(90),
    '"okta": "{}"': "00" + made(40),
    "# jfrog password was: {}": made(73, LOWER),
    "ibm_cloud: {}": made(44),
    "pwd: {}": "a1b2c3",
    "db_pass: {}": "hunter2",
    "client_secret: {}": "a1b2c3d4",
    "password: '{}'": "correct horse battery staple",
    "password: {} ": "$2b$12$" + made(20),
    "curl -u someone:{} https://x.test": "hunter22",
    '<add key="Password" value="{}" />': "hunter22",
    "kind: Secret\ndata:\n  whatever: {}": "aHVudGVyMjJodW50ZXI=",
    "auth: {}": made(30, LOWER),
}


@pytest.mark.parametrize("form", BESIDE_A_NAME)
def test_a_key_that_only_its_name_tells_is_masked(form):
    value = BESIDE_A_NAME[form]
    for text in (form.format(value), f"a: 1\n{form.format(value)}\nb: 2\n"):
        assert value not in mask(text), text
        assert mask(mask(text)) == mask(text)


@over(TOKENS)
def test_a_token_in_base64_is_masked(kind):
    for inside in (TOKENS[kind], f"token {TOKENS[kind]}", f'{{"auth": "{TOKENS[kind]}"}}'):
        for shifted in ("", " ", "  "):
            hidden = base64.b64encode((shifted + inside).encode()).decode()
            for place in ("k: {}", "# {}", "https://x.test/?q={}", "data:text/plain;base64,{}"):
                assert hidden[-16:].rstrip("=") not in mask(place.format(hidden)), place.format(hidden)


def test_a_private_key_in_base64_over_several_lines_is_masked():
    key = f"-----BEGIN PRIVATE KEY-----\n{made(64)}\n{made(63)}\n-----END PRIVATE KEY-----\n"
    lines = base64.encodebytes(key.encode()).decode().splitlines()
    covered = mask("key: |\n  " + "\n  ".join(lines) + "\nlast: 1\n")
    assert not [line for line in lines if line in covered]
    assert covered.endswith("\nlast: 1\n")


@pytest.mark.parametrize("form", ["{0}\u00ad{1}", "{0}\u200b{1}", "{0}\n  {1}\nb: 1", "{0}\r\n{1}"])
def test_both_halves_of_a_token_that_was_torn_apart_are_masked(form):
    token = TOKENS["Hugging Face token"]
    covered = mask("a: " + form.format(token[:35], token[35:] + "7"))
    assert token[10:35] not in covered
    assert token[35:] not in covered


@pytest.mark.parametrize("sign", ["%5F", "%5f", "\\x5F"])
def test_a_token_whose_sign_is_written_otherwise_is_masked(sign):
    assert made(40)[:20] not in mask("https://x.test/?t=hf" + sign + made(40))


KEY = [made(64), made(64)[::-1], made(20) + "=="]
ARMOR = "-----{} RSA PRIVATE KEY-----"
KEYS = {
    "no end": [ARMOR.format("BEGIN"), *KEY],
    "no beginning": [*KEY, ARMOR.format("END")],
    "encrypted": [ARMOR.format("BEGIN"), "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,AB", "", *KEY],
    "a list": [f"  - {line}" for line in (ARMOR.format("BEGIN"), *KEY, ARMOR.format("END"))],
    "a log": [f"2026-01-01 10:00 INFO {line}" for line in (ARMOR.format("BEGIN"), *KEY[:2])],
    "long": [ARMOR.format("BEGIN"), *KEY[:2] * 200, KEY[2], ARMOR.format("END")],
    "small letters": [ARMOR.format("BEGIN").lower(), *KEY, ARMOR.format("END").lower()],
    "SSH2": ["---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----", *KEY, "---- END SSH2 ENCRYPTED PRIVATE KEY ----"],
    "PuTTY": ["PuTTY-User-Key-File-2: ssh-rsa", "Private-Lines: 3", *KEY],
}


@pytest.mark.parametrize("name", KEYS)
def test_a_private_key_is_masked_however_it_was_pasted(name):
    text = "a: 1\n" + "\n".join(KEYS[name]) + "\nbase_model: org/model\n"
    covered = mask(text)
    assert not [line for line in KEY if line in covered]
    assert covered.startswith("a: 1\n")
    assert covered.endswith("\nbase_model: org/model\n")
    assert covered.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Authorization: Basic dXNlcjpodW50ZXIyMg==", "dXNlcjpodW50"),
        ("s3://AKIDEXAMPLE1:wJalr/XUtnFEMI/K7MDENG@bucket/x", "XUtnFEMI"),
        ("api_key: my_real_token_8f7a6b5c4d3e", "8f7a6b5c4d3e"),
        ("password: example8f7a6b5c", "8f7a6b5c"),
        ("headers: {Authorization: 'Bearer a8f7e6d5c4b3a2f1'}", "a8f7e6d5"),
        ("Authorization: Bearer a1b2c3", "a1b2c3"),
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("authorization: 9f8e7d6c5b", "9f8e7d6c5b"),
        ("notion: secret_" + made(43), made(43)),
        ("passwd: m{{h}o)p7e]nob(ody[finds", "nob(ody"),
        ("{password: s3cr)et77, a: 1}", "et77"),
        ("api_key: `" + made(12) + "`", made(12)),
        ('if (api_key !== "' + made(14) + '") {', made(14)),
        ("clou_pw = " + made(64, HEX), made(64, HEX)),
        ("sl-key: " + made(64, HEX), made(64, HEX)),
        ('curl -H "Authorization: Api-Token RScij4a+1o9lQ7xz" https://x.test', "RScij4a"),
        ('curl --user ":hunter22" https://x.test', "hunter22"),
        ("machine huggingface.co login user password hunter22x", "hunter22x"),
        ("machine huggingface.co\n  login user\n  password hunter22x\n", "hunter22x"),
        ("https://a.blob.core.windows.net/c?sv=2022&sig=" + made(40) + "%3D&se=2026", made(40)),
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
        "revision_of_model: " + made(40, HEX),
        "dataset_sha256: " + made(64, HEX),
        "hub_model_id: org/Qwen2.5-0.5B-linear-2026-01-31",
        "linear_attn_layers: 12",
        "path: s3://bucket/etsy-reviews/part-00012-of-00128.parquet",
        "sort_key: created_at_2024_01",
        "api_base: http://localhost:8000/v1",
        "password: $WANDB_PASSWORD",
        "machine learning login page password reset",
        "run_name: rnd_search_over_learning_rates_2026",
        "path: org/jina_reranker_rows_with_long_names_of_2026",
        "wandb_name: sk_fold_3",
        "authorization: token based",
        "Authorization: Bearer <token>",
        "Authorization: Bearer $HF_TOKEN",
        "authorization: required",
        "export SWANLAB_API_KEY=your-api-key\\n  2. Add it",
        "run_name: pa-rows-of-2026-with-a-long-name-and-a-date-0131",
        "path: org/secret_santa_dialogues_2026",
        "{a: {batch_key: 1}, b: 2}",
        "lora_pw: null",
        "cache: /root/.cache/huggingface/hub/models--Qwen--Qwen2.5/snapshots/" + made(40, HEX),
    ],
)
def test_what_only_looks_like_one_is_left(text):
    assert mask(text) == text
