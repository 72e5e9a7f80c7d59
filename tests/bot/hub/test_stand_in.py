"""The real client of the Hub reads the stand-in, so that it stays honest."""

import asyncio
import json
from pathlib import Path

import pytest
from huggingface_hub import HfApi
from huggingface_hub.errors import GatedRepoError, RemoteEntryNotFoundError, RevisionNotFoundError

from tests.bot.hub.stand_in import LLAMA, dataset, model, stand_in


@pytest.fixture
async def api(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    models = [model(), model("org/gated", gated=True), model("org/new", before=("org/old",))]
    async with stand_in(models, [dataset(before=("org/before",))]) as hub:
        api = HfApi(endpoint=hub.hub, token=False)

        async def ask(method, *args, **kwargs):
            return await asyncio.to_thread(getattr(api, method), *args, **kwargs)

        yield ask


async def test_metadata_of_a_model(api):
    info = await api("model_info", "org/llama", expand=["config", "safetensors", "siblings", "sha", "gated"])
    assert info.config["model_type"] == "llama"
    assert info.safetensors.total == 210_240
    assert "config.json" in [each.rfilename for each in info.siblings]
    assert info.gated is False
    assert (await api("model_info", "org/llama", revision=info.sha)).sha == info.sha


async def test_a_small_file_comes_by_its_two_redirects(api, tmp_path):
    path = await api("hf_hub_download", "org/llama", "config.json", cache_dir=str(tmp_path))
    assert json.loads(await asyncio.to_thread(Path(path).read_text, "utf-8")) == LLAMA


async def test_gated_renamed_and_missing(api, tmp_path):
    assert (await api("model_info", "org/gated")).gated == "manual"
    with pytest.raises(GatedRepoError):
        await api("hf_hub_download", "org/gated", "config.json", cache_dir=str(tmp_path))
    assert (await api("model_info", "org/old")).id == "org/new"
    assert (await api("dataset_info", "org/before")).id == "org/rows"
    with pytest.raises(RevisionNotFoundError):
        await api("model_info", "org/llama", revision="none")
    with pytest.raises(RemoteEntryNotFoundError):
        await api("hf_hub_download", "org/llama", "none.json", cache_dir=str(tmp_path))


async def test_searches(api):
    async def names(kind, **query):
        found = await api(f"list_{kind}", **query)
        # A page is fetched when it is first looked at.
        return await asyncio.to_thread(lambda: [each.id for each in found])

    assert await names("models", search="lla") == ["org/llama"]
    assert await names("models", author="org", limit=2) == ["org/llama", "org/gated"]
    assert await names("datasets", search="rows") == ["org/rows"]
