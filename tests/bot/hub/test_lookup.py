"""Looking up what a config names, on a Hub with every fault."""

import asyncio
import json

import pytest
from yarl import URL

from bot.hub.addresses import Addresses
from bot.hub.limits import Limits
from tests.bot.hub.stand_in import (
    TEMPLATE,
    TOKENIZER,
    answers,
    dataset,
    drips,
    floods,
    hangs,
    model,
    redirects,
)

CONFIG = "base_model: org/llama\ndatasets:\n  - path: org/rows\n    type: alpaca\n"


async def test_model_and_rows(ask):
    client = await ask()
    facts = await client.look()
    found = facts.model
    assert (found.status, found.config["vocab_size"], found.tensors) == ("found", 1000, {"BF16": 210_240})
    assert (found.template, found.tokenizer.eos, found.tokenizer.pad) == (TEMPLATE, "<|im_end|>", None)
    assert found.tokenizer.added == ("<|im_end|>", "<|im_start|>")
    (rows,) = facts.datasets
    assert (rows.status, rows.config, rows.split, rows.rows, rows.whole) == ("found", "default", "train", 40, True)
    assert rows.columns == ("instruction", "input", "output")
    assert rows.sample[3] == {"instruction": "Count to 3.", "input": "", "output": "1 to 3"}


async def test_nothing_is_asked_twice_and_little_at_all(ask):
    client = await ask()
    first, second = await asyncio.gather(client.look(), client.look())
    again = await client.look()
    assert first == second == again
    # Four to the Hub's API and viewer for the dataset, one for the model, two for each of its two files.
    assert len(client.running.seen) == 9


async def test_no_token_no_cookie_no_login(ask, tmp_path, monkeypatch):
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login me password hf_secret\n")
    netrc.chmod(0o600)
    for name, value in {"HF_TOKEN": "hf_secret", "NETRC": str(netrc), "HTTP_PROXY": "http://127.0.0.1:9"}.items():
        monkeypatch.setenv(name, value)
    client = await ask()
    assert (await client.look()).model.status == "found"
    sent = [name.lower() for _, headers in client.running.seen for name in headers]
    assert not {"authorization", "cookie"} & set(sent)
    assert "hf_secret" not in str(client.running.seen)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (answers(401), "missing"),
        (answers(404, {"error": "x"}, {"X-Error-Code": "RepoNotFound"}), "missing"),
        (answers(404, {"error": "x"}, {"X-Error-Code": "RevisionNotFound"}), "no-revision"),
        (answers(401, headers={"X-Error-Code": "GatedRepo"}), "gated"),
        (answers(403, headers={"X-Error-Message": "Access to this resource is disabled."}), "disabled"),
        (answers(404, "<html>no</html>", kind="text/html"), "unreachable"),
        (answers(429, headers={"Retry-After": "60"}), "unreachable"),
        (answers(500), "unreachable"),
        (answers(200, "<html>sign in</html>", kind="text/html"), "unreachable"),
        (answers(200, '{"id": "org/llama", "sha'), "unreachable"),
        (answers(200, "[" * 100_000), "unreachable"),
        (answers(200, '{"id": "org/llama", "config": ' + '{"a":' * 500 + "1" + "}" * 500 + "}"), "unreachable"),
        (answers(200, ["a", "list"]), "unreachable"),
        (answers(200, {"id": "org/llama", "siblings": "none"}), "unreachable"),
        (redirects("https://evil.example/api/models/org/llama"), "unreachable"),
        (redirects("http://169.254.169.254/latest/meta-data"), "unreachable"),
        (redirects("/api/models/org/llama"), "unreachable"),
        (redirects("http://["), "unreachable"),
        (floods, "unreachable"),
    ],
)
async def test_faults_of_the_metadata(ask, fault, status):
    client = await ask(faults={"/api/models/org/llama": fault})
    facts = await client.look()
    assert facts.model.status == status
    assert facts.datasets[0].rows == 40


@pytest.mark.parametrize("fault", [hangs, drips])
async def test_what_comes_too_late_does_not_hold_the_rest(ask, fault):
    client = await ask(faults={"/api/models/": fault, "/first-rows": fault})
    facts = await client.look(seconds=0.6)
    assert facts.model.status == "unreachable"
    assert facts.late == ("org/llama", "org/rows")
    assert facts.datasets[0].rows == 40
    assert facts.datasets[0].sample == ()


@pytest.mark.parametrize(
    "fault",
    [
        answers(500),
        answers(200, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", kind="text/plain"),
        answers(200, "[]"),
        redirects("https://evil.example/config.json"),
    ],
)
async def test_a_file_that_cannot_be_read_is_named(ask, fault):
    client = await ask(faults={"/org/llama/resolve/main/config.json": fault})
    found = (await client.look()).model
    assert (found.status, found.config, found.unread) == ("found", None, ("config.json",))
    assert found.dimensions["model_type"] == "llama"
    # What is incomplete is not kept.
    client.running.faults.clear()
    assert (await client.look()).model.config is not None


async def test_large_files_come_from_the_hubs_own_servers_only(ask):
    client = await ask()
    hosts = Addresses.of(client.running.hub, client.running.viewer)
    assert hosts.allows(URL("https://cas-bridge.xethub.hf.co/x?y=1"))
    for address in (
        "http://us.hf.co/x",
        "https://hf.co.evil.example/x",
        "https://us.hf.co:8443/x",
        "https://a@us.hf.co",
    ):
        assert not hosts.allows(URL(address)), address


async def test_addresses_are_https_unless_they_are_this_machine():
    for address in ("http://hub.example", "ftp://127.0.0.1", "https://me:pw@hub.example", "hub.example", "https://"):
        with pytest.raises(ValueError, match="must"):
            Addresses.of(address)
    Addresses.of("https://mirror.example/hub/", "http://127.0.0.1:8000")


async def test_gated_renamed_and_revisions(ask):
    models = [model("org/gated", gated=True), model("org/new", before=("org/old",))]
    client = await ask(models)
    gated = (await client.look("base_model: org/gated\n")).model
    assert (gated.status, gated.template, gated.config) == ("gated", TEMPLATE, None)
    assert gated.dimensions["architectures"] == ["LlamaForCausalLM"]
    assert not [path for path in client.running.paths() if "/resolve" in path]
    renamed = (await client.look("base_model: org/old\n")).model
    assert (renamed.id, renamed.renamed_to, renamed.config["model_type"]) == ("org/old", "org/new", "llama")
    lost = (await client.look("base_model: org/new\nrevision_of_model: refs/pr/1\n")).model
    assert lost.status == "no-revision"
    assert "/api/models/org/new/revision/refs%2Fpr%2F1" in client.running.paths()[-1]


async def test_the_nearest_names_that_exist(ask):
    models = [model(name) for name in ("org/Llama-3.2-1B", "org/Llama-3.2-3B", "other/llama-3.2-1b", "org/bird")]
    client = await ask(models, [dataset("org/good-rows")])
    facts = await client.look("base_model: org/Llama-3.2-1\ndatasets:\n  - path: org/good-row\n    type: alpaca\n")
    assert facts.model.status == "missing"
    assert facts.model.nearest[0] == "org/Llama-3.2-1B"
    assert "org/bird" not in facts.model.nearest
    assert facts.datasets[0].nearest == ("org/good-rows",)


async def test_where_a_chat_template_stands(ask):
    bare = {key: value for key, value in TOKENIZER.items() if key != "chat_template"}
    several = [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]
    models = [
        model("org/file", files={"chat_template.jinja": b"FILE"}),
        model("org/several", tokenizer={**bare, "chat_template": several}),
        model("org/old", tokenizer=bare, files={"chat_template.json": json.dumps({"chat_template": "OLD"}).encode()}),
        model("org/none", tokenizer=bare),
        model("org/no-tokenizer", tokenizer=None),
        model("org/more", tokenizer=bare, files={"additional_chat_templates/rag.jinja": b"RAG"}),
    ]
    client = await ask(models)
    found = {each.id: (await client.look(f"base_model: {each.id}\n")).model.template for each in models}
    assert found == {
        "org/file": "FILE",
        "org/several": "D",
        "org/old": "OLD",
        "org/none": "",
        "org/no-tokenizer": None,
        "org/more": None,
    }


async def test_configurations_and_splits(ask):
    rows = [{"text": f"Line {n}."} for n in range(10)]
    several = dataset("org/several", {"a": {"train": rows}, "b": {"train": rows[:4], "test": rows}})
    marked = dataset(
        "org/marked", several.rows, more={"cardData": {"configs": [{"config_name": "b", "default": True}]}}
    )
    client = await ask(datasets=[several, marked])

    async def entry(more, name="org/several"):
        facts = await client.look(f"base_model: ./x\ndatasets:\n  - {{path: {name}, type: completion, {more}}}\n")
        found = facts.datasets[0]
        return found.status, found.config, found.rows

    assert await entry("") == ("no-config", None, None)
    assert await entry("", "org/marked") == ("found", "b", 4)
    assert await entry("name: c") == ("no-config", "c", None)
    assert await entry("name: b, split: validation") == ("no-split", "b", None)
    assert await entry("name: b, split: 'train[:50%]'") == ("found", "b", 2)
    assert await entry("name: b, split: 'train+test[-3:]'") == ("found", "b", 7)
    assert await entry("name: b, split: 'test[10%:]'") == ("found", "b", 9)


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        ("name: a, split: 'train[:2]'", ["a0", "a1"]),
        ("name: a, split: 'train[2:5]'", ["a2", "a3", "a4"]),
        ("name: a, split: 'train[-2:]'", ["a8", "a9"]),
        ("name: a, split: 'train[80%:]'", ["a8", "a9"]),
        ("name: a, split: 'train[4:4]'", []),
        ("name: a, split: 'train[:1]+test'", ["a0"]),
        ("name: [a, b], split: 'train[:2]'", ["a0", "a1", "b0", "b1"]),
        ("name: [a, b], split: 'train[-1:]'", ["a9", "b3"]),
    ],
)
async def test_only_rows_that_the_split_selects_are_shown(ask, entry, shown):
    texts = {"a": [f"a{n}" for n in range(10)], "b": [f"b{n}" for n in range(4)]}
    rows = {name: {"train": [{"text": each} for each in all_of_it]} for name, all_of_it in texts.items()}
    rows["a"]["test"] = [{"text": "t0"}]
    client = await ask(datasets=[dataset("org/several", rows)])
    facts = await client.look(f"base_model: ./x\ndatasets:\n  - {{path: org/several, type: completion, {entry}}}\n")
    assert [row["text"] for row in facts.datasets[0].sample] == shown


async def test_cut_cells_are_read_again_or_left_out(ask):
    cut = {
        "features": [{"name": "messages", "type": []}],
        "rows": [{"row": {"messages": '[{"role": "us'}, "truncated_cells": ["messages"]}, {"row": {"messages": []}}],
    }
    client = await ask(faults={"/first-rows": answers(200, cut)})
    whole = (await client.look()).datasets[0]
    assert len(whole.sample) == 40
    client = await ask(faults={"/first-rows": answers(200, cut), "/rows": answers(500)})
    found = (await client.look()).datasets[0]
    assert (found.sample, found.left_out, found.whole) == (({"messages": []},), 1, False)


async def test_a_part_of_the_sizes_is_an_estimate(ask):
    split = {"dataset": "org/rows", "config": "default", "split": "train", "num_rows": 40, "estimated_num_rows": 90_000}
    client = await ask(faults={"/size": answers(200, {"size": {"splits": [split]}, "partial": True})})
    found = (await client.look()).datasets[0]
    assert (found.rows, found.estimated, found.whole) == (90_000, True, False)


async def test_columns_without_rows(ask):
    client = await ask(faults={"/first-rows": answers(500)})
    found = (await client.look()).datasets[0]
    assert (found.columns, found.sample) == (("instruction", "input", "output"), ())


async def test_five_failures_and_the_host_is_left_alone(ask):
    now = [0.0]
    client = await ask(limits=Limits(lambda: now[0]), faults={"/api/models/": answers(500)})
    for number in range(7):
        await client.look(f"base_model: org/m{number}\n")
    assert len(client.running.seen) == 5
    now[0] = 61.0
    client.running.faults.clear()
    assert (await client.look("base_model: org/llama\n")).model.status == "found"


@pytest.mark.parametrize(
    "fault",
    [
        answers(429, headers={"Retry-After": "30"}),
        answers(200, {"id": "org/m0"}, {"RateLimit": '"api";r=0;t=30', "RateLimit-Policy": '"api";q=500;w=300'}),
    ],
)
async def test_a_pause_is_kept(ask, fault):
    now = [0.0]
    client = await ask(limits=Limits(lambda: now[0]), faults={"/api/models/": fault})
    await client.look("base_model: org/m0\n")
    client.running.faults.clear()
    asked = len(client.running.seen)
    assert (await client.look("base_model: org/llama\n")).model.status == "unreachable"
    assert len(client.running.seen) == asked
    now[0] = 31.0
    assert (await client.look("base_model: org/llama\n")).model.status == "found"


async def test_one_member_cannot_use_up_the_share_of_others(ask):
    now = [0.0]
    client = await ask(
        limits=Limits(lambda: now[0]), faults={"/api/models": answers(200, {"id": "org/x", "siblings": []})}
    )
    seen = set()
    for number in range(130):
        facts = await client.look(f"base_model: org/m{number}\n", member=1)
        seen.add((number >= 120, facts.model.status))
    assert seen == {(False, "found"), (True, "unreachable")}
    assert (await client.look("base_model: org/other\n", member=2)).model.status == "found"
    for number in range(300):
        facts = await client.look(f"base_model: org/n{number}\n", member=3 + number)
    assert facts.model.status == "unreachable"
    assert len(client.running.seen) == 300
