"""Secrets are found wherever they stand, and ordinary configs hold none."""

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.secrets import find, mask, mask_paths
from knowledge.secrets.lexicon import Lexicon

LETTERS = string.ascii_letters + string.digits


def drawn(length, alphabet=LETTERS, seed=7):
    """Characters that look random and are the same on every run; nothing here was ever a real key."""
    pieces = []
    for _ in range(length):
        seed = (seed * 1103515245 + 12345) % 2**31
        pieces.append(alphabet[(seed >> 8) % len(alphabet)])
    return "".join(pieces)


HEX = drawn(40, "0123456789abcdef")
TOKENS = {
    "Hugging Face token": "hf_" + drawn(34),
    "Weights & Biases key": "wandb_v1_" + drawn(40),
    "OpenAI key": "sk-proj-" + drawn(60),
    "Anthropic key": "sk-ant-api03-" + drawn(90),
    "AWS key": "AKIA" + drawn(16, string.ascii_uppercase + string.digits),
    "GitHub token": "ghp_" + drawn(36),
    "Discord token": "MTIzNDU2Nzg5MDEyMzQ1Njc4OQ." + drawn(6) + "." + drawn(38),
    "GitLab token": None,
    "signed token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJub2JvZHkifQ." + drawn(43),
}
TOKENS = {kind: token for kind, token in TOKENS.items() if token}


@pytest.mark.parametrize(("kind", "token"), TOKENS.items())
@pytest.mark.parametrize("where", ["hub_token: {}", "# old one: {}", "nonsense_field: '{}'", "login with {}.", "[{}]"])
def test_a_recognisable_token_is_found_wherever_it_stands(kind, token, where):
    text = "base_model: a/b\n" + where.format(token) + "\nlearning_rate: 0.0002\n"
    (secret,) = find(text)
    assert secret.kind == kind
    assert secret.line == 2
    assert text[secret.start : secret.end].startswith(token)
    assert secret.revoke.endswith(".")
    assert token[8:] not in mask(text)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (f"wandb_api_key: {HEX}", HEX),
        (f"# wandb login {HEX}", HEX),
        (f"WANDB_API_KEY={HEX} axolotl train", HEX),
        (f"wandb: key {HEX}", HEX),
        ("comet_api_key: Zk3v9QwLm28sTzYb71XcRfUeN", "Zk3v9QwLm28sTzYb71XcRfUeN"),
        ("export AWS_SECRET_ACCESS_KEY='wJalrXUtnFEMI7MDENGbPxRfiCYzzqqq+abcdef1'", "wJalrXUtnFEMI"),
        ('{"api_key": "9f2b1c7e5a"}', "9f2b1c7e5a"),
        ("mlflow_password: correct-horse", "correct-horse"),
        ("  passwd = swordfish9", "swordfish9"),
        ("db: postgres://trainer:hunter2hunter2@db.local/runs", "hunter2hunter2"),
        ("git clone https://ghost:s3cr3tvalue@github.com/a/b", "s3cr3tvalue"),
        ("push_token: q8Zt0pLm4Vx7Wc2Nd9Ks", "q8Zt0pLm4Vx7Wc2Nd9Ks"),
        ("Authorization: Bearer " + drawn(40), drawn(40)),
        ("api_key: >-\n    9f2b1c7e5a44", "9f2b1c7e5a44"),
    ],
)
def test_a_value_whose_name_says_secret_is_masked(line, kept):
    text = f"base_model: a/b\n{line}\nseed: 3\n"
    assert find(text)
    assert kept not in mask(text)
    assert mask(text).startswith("base_model: a/b\n")
    assert mask(text).endswith("seed: 3\n")


@pytest.mark.parametrize(
    "line",
    [
        "special_tokens:\n  pad_token: <|finetune_right_pad_id|>",
        "special_tokens:\n  eos_token: end_of_turn_marker_2",
        "hf_use_auth_token: true",
        "tokenizer_type: AutoTokenizer",
        f"revision_of_model: {HEX}",
        f"uv pip install git+https://github.com/x/y@{HEX}",
        "hub_token: ${HF_TOKEN}",
        "api_key: <your key here>",
        "wandb_api_key: your-api-key",
        "password: null",
        "- path: s3://bucket/data.jsonl",
        "max_new_tokens: 128000",
        "field_messages: conversations",
        "tokens_per_second_per_gpu: 12345678901",
        "datasets:\n  - path: mhenrichsen/alpaca_2k_test\n    type: alpaca",
        "token = os.environ['SOME_TOKEN_16_LONG_1']",
        "KeyError: 'instruction_response_format_1'",
        "url: http://localhost:8000/v1",
        "email@example.com: x",
    ],
)
def test_ordinary_lines_hold_no_secret(line):
    assert find(line) == ()
    assert mask(line) == line


def test_a_private_key_is_masked_whole_and_lines_keep_their_numbers():
    body = "\n".join(drawn(64, LETTERS + "+/", seed) for seed in range(1, 6))
    for tail in ("\n-----END OPENSSH PRIVATE KEY-----", ""):
        text = f"a: 1\nssh: |\n-----BEGIN OPENSSH PRIVATE KEY-----\n{body}{tail}\nlast: 2\n"
        (secret,) = find(text)
        assert secret.kind == "private key"
        masked = mask(text)
        assert body[:20] not in masked
        assert body[-20:] not in masked
        assert masked.count("\n") == text.count("\n")
        assert masked.splitlines()[-1] == "last: 2"


def test_several_secrets_keep_their_order_and_lines():
    text = "\n".join(["a: 1", "x: " + TOKENS["GitHub token"], "b: 2", "y: " + TOKENS["Hugging Face token"]])
    assert [(secret.kind, secret.line) for secret in find(text)] == [("GitHub token", 2), ("Hugging Face token", 4)]


def test_a_letter_that_grows_when_lowered_does_not_shift_the_mask():
    text = "name: İİİİ\napi_key: 9f2b1c7e5a\nend: 1"
    assert mask(text) == "name: İİİİ\napi_key: masked-secret\nend: 1"


PIECES = [*TOKENS.values(), "api_key: ", "password=", "\n", " ", "'", "://", ":", "@", "x"]


@given(st.lists(st.sampled_from(PIECES)))
def test_masking_twice_changes_nothing_more(pieces):
    once = mask("".join(pieces))
    assert mask(once) == once


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ('File "/home/alice/axolotl/train.py", line 3', 'File "/home/user/axolotl/train.py", line 3'),
        ("/Users/bob.smith/x", "/Users/user/x"),
        (r"C:\Users\Carol\data", r"C:\Users\user\data"),
        (r"C:\\Users\\Carol\\data", r"C:\\Users\\user\\data"),
        ("/mnt/c/Users/dave/x.jsonl", "/mnt/c/Users/user/x.jsonl"),
        ("/home/ubuntu/x", "/home/ubuntu/x"),
        ("/workspace/axolotl", "/workspace/axolotl"),
    ],
)
def test_names_in_home_folders_are_masked(given, shown):
    assert mask_paths(given) == shown


HOSTILE = [
    "sk-",
    "token=",
    "api_key: ",
    "-----BEGIN PRIVATE KEY-----\n",
    "://a:",
    "eyJ",
    "hf_",
    ".abcdef.",
    "password " * 2,
]


@pytest.mark.parametrize(
    "piece", [*HOSTILE, "a", "_-", "0" * 39 + " ", f"key {HEX}\n", "eyJaaaaaaaaaa.", "M" * 25 + "."]
)
def test_hostile_text_takes_linear_time(piece):
    text = (piece * (100_000 // len(piece) + 1))[:100_000]
    start = time.process_time()
    find(text)
    assert time.process_time() - start < 0.6


def test_a_config_without_secrets_holds_none():
    text = "base_model: NousResearch/Llama-3.2-1B\nsequence_len: 4096\nspecial_tokens:\n  pad_token: <|end|>\n" * 31
    assert 2_900 < len(text) < 3_200
    assert find(text) == ()


def test_words_that_were_seen_before_hide_nothing():
    text = "hub_token: hf_{}\nadapter: lora\n".format("aB3dE6gH9jK2mN5pQ8rS1tU4")
    first, second = find(text), find("adapter: lora\n" + text)
    assert [secret.kind for secret in first] == [secret.kind for secret in second] == ["Hugging Face token"]
    assert find("adapter: lora\nhub_token:\n") == ()


def test_no_key_stays_in_what_is_known_of_words():
    lexicon = Lexicon(("hf_", "pat"))
    words = {"hf_aB3dE6gH9jK2mN5pQ8rS1tU4", "dataset_prepared_path:", "adapter:"}
    assert lexicon.pieces_of(words) == lexicon.pieces_of(words) == {"hf_", "pat"}
    assert lexicon.kept == {"dataset_prepared_path:", "adapter:"}
