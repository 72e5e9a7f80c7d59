"""What the real Hub answers besides the usual: none of it makes a look-up fail, or accuses a config that is fine."""

import json

import pytest

from knowledge import check
from tests.bot.hub.conftest import CONFIG
from tests.bot.hub.stand_in import LLAMA, TOKENIZER, answers, dataset, model

RUN = f"{CONFIG}micro_batch_size: 2\ngradient_accumulation_steps: 1\nlearning_rate: 0.0002\n"
SHARDS = {"pytorch_model-00001-of-00002.bin": b"", "pytorch_model-00002-of-00002.bin": b""}
SPLIT = {"dataset": "org/rows", "config": "default", "split": "train"}
WAITING = [{"dataset": "org/rows", "config": "later"}]


def accused(report):
    """The findings that say that the run stops."""
    return [each.rule for each in report.findings if each.severity in ("error", "crash")]


@pytest.mark.parametrize(
    "more",
    [
        {"files": SHARDS, "weights": False},
        {"files": {"original/consolidated.00.pth": b""}, "weights": False},
        {"files": {"model.Q4_K_M.gguf": b""}},
        {"more": {"safetensors": None}},
        {"more": {"safetensors": {"parameters": None, "total": 210_240}}},
        {"more": {"siblings": None}},
        {"more": {"tags": ["en", None, "x" * 900], "library_name": None, "pipeline_tag": None}},
        {
            "more": {
                "siblings": [{"rfilename": "config.json"}, {"rfilename": "model.safetensors"}, {"rfilename": "y" * 900}]
            }
        },
        {"more": {"gated": "auto"}},
        {"more": {"gated": False, "disabled": None, "config": None}},
        {"tokenizer": {**TOKENIZER, "added_tokens_decoder": {"x": 1}}},
        {"tokenizer": {"chat_template": [{"name": "default"}], "eos_token": {}}},
        {"config": {**LLAMA, "architectures": None, "torch_dtype": None}},
    ],
)
async def test_odd_models_are_not_accused(ask, more):
    report = check(RUN, hub=await (await ask([model(**more)], [dataset()])).look(RUN))
    assert report.hub.model.status in ("found", "gated")
    assert not accused(report)


@pytest.mark.parametrize(
    ("faults", "status"),
    [
        ({"/splits": answers(501)}, "found"),
        ({"/splits": answers(404), "/size": answers(404)}, "found"),
        ({"/splits": answers(200, {"splits": [], "pending": WAITING, "failed": []})}, "found"),
        (
            {"/splits": answers(200, {"splits": [{**SPLIT, "config": "now"}], "pending": WAITING, "failed": []})},
            "found",
        ),
        ({"/splits": answers(200, {"splits": [{**SPLIT, "split": "test"}], "failed": WAITING})}, "found"),
        ({"/size": answers(200, {"size": {"splits": []}, "pending": WAITING})}, "found"),
        ({"/first-rows": answers(500), "/rows": answers(500), "/info": answers(500)}, "found"),
        ({"/first-rows": answers(200, {"features": [], "rows": []})}, "found"),
    ],
)
async def test_what_the_viewer_does_not_have_accuses_nobody(ask, faults, status):
    report = check(RUN, hub=await (await ask(faults=faults)).look(RUN))
    assert report.hub.datasets[0].status == status
    assert not accused(report)


@pytest.mark.parametrize(
    "card",
    [None, {}, {"configs": None}, {"configs": "default"}, {"configs": [{"config_name": 2024, "default": "yes"}, "x"]}],
)
async def test_cards_as_people_write_them(ask, card):
    client = await ask(datasets=[dataset(more={"cardData": card})])
    report = check(RUN, hub=await client.look(RUN))
    assert (report.hub.datasets[0].status, report.hub.datasets[0].rows) == ("found", 40)


async def test_so_many_files_that_their_list_is_too_large(ask):
    async def large(request):
        found = {"id": "org/rows", "sha": "a" * 40}
        if "siblings" in request.query_string:
            found["siblings"] = [{"rfilename": f"data/{n:060}.parquet"} for n in range(20_000)]
        return await answers(200, json.dumps(found))(request)

    client = await ask(faults={"/api/datasets/org/rows": large})
    for _ in range(7):
        found = (await client.look()).datasets[0]
    assert (found.status, found.rows, found.files) == ("found", 40, None)
