"""An entry that names a rule, a field or an error is offered where these come up; the lifecycle of a server's data."""

from datetime import UTC, datetime, timedelta

CONFIG = b"""\
base_model: org/model
datasets:
  - path: rows.jsonl
    type: alpaca
micro_batch_size: 1
gradient_accumulation_steps: 1
learning_rate: 0.0001
save_steps: 10
saves_per_epoch: 2
"""


async def test_a_finding_offers_the_entry_of_its_rule_and_of_its_field(town, tools):
    checked = await town.ben.slash(town.channel, "checkconfig", file=("config.yml", CONFIG))
    rules = [value for value in tools.select(tools.answer(checked), "Explain").values() if "-" in value]
    assert rules
    await town.add("By field", "about saving", fields=("saves_per_epoch",))
    await town.add("By rule", "about that rule", rules=(rules[0],))
    await town.add("Elsewhere", "not to be offered", guild=town.other, rules=(rules[0],))

    message = tools.answer(await town.ben.slash(town.channel, "checkconfig", file=("config.yml", CONFIG)))
    assert list(tools.select(message, "FAQ of this server")) == ["By rule", "By field"]
    value = tools.select(message, "FAQ of this server")["By rule"]
    read = await town.ben.select(message, [value], custom_id=tools.select_id(message, "FAQ of this server"))
    assert "about that rule" in tools.said(read)
    await town.store.mutes.mute(town.guild.id, rules[0], author_id=1, reason="noise")
    message = tools.answer(await town.ben.slash(town.channel, "checkconfig", file=("config.yml", CONFIG)))
    assert "By rule" not in tools.select(message, "FAQ of this server")


async def test_an_explanation_offers_the_entry_of_its_field(town, tools):
    await town.add("By field", "about saving", fields=("saves_per_epoch",))
    message = tools.answer(await town.ben.slash(town.channel, "explain", field="saves_per_epoch"))
    assert list(tools.select(message, "FAQ of this server")) == ["By field"]
    message = tools.answer(await town.ben.slash(town.channel, "explain", field="learning_rate"))
    assert tools.select(message, "FAQ of this server") == {}


async def test_an_error_offers_the_entry_of_its_phrase(town, tools):
    await town.add("Memory", "lower the batch", phrases=("CUDA out of memory",))
    error = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"
    message = tools.answer(await town.ben.slash(town.channel, "explain", field=error))
    assert list(tools.select(message, "FAQ of this server")) == ["Memory"]


async def test_the_starter_pack_is_true_to_the_catalog():
    from bot.faq_links import doubtful
    from bot.store.faq_file import starter_pack

    pack = starter_pack()
    assert len(pack.entries) >= 40
    assert len({entry.key for entry in pack.entries}) == len(pack.entries)
    titles = {entry.title for entry in pack.entries}
    for entry in pack.entries:
        assert entry.fields or entry.rules, entry.title
        assert doubtful(entry.fields, entry.rules) == {}, entry.title
        assert set(entry.see_also) <= titles, entry.title
        assert len(entry.text) <= 1200, entry.title
    assert any("Out of memory" in title for title in titles)


async def test_the_examples_of_the_starter_pack_hold_no_fault():
    import re

    import yaml

    from bot.store.faq_file import starter_pack
    from knowledge.check import check
    from knowledge.finding import Severity

    base = {
        "base_model": "org/model",
        "datasets": [{"path": "org/rows", "type": "alpaca"}],
        "micro_batch_size": 1,
        "gradient_accumulation_steps": 1,
        "learning_rate": 0.0001,
        "sequence_len": 2048,
    }
    adapter = {"lora_r": 8, "lora_alpha": 16, "lora_target_linear": True}
    for entry in starter_pack().entries:
        for example in re.findall(r"```yaml\n(.*?)```", entry.text, re.DOTALL):
            given = yaml.safe_load(example)
            config = {**base, **given}
            if {"type", "field_messages"} & set(given):
                config = {**base, "datasets": [{"path": "org/rows", **given}]}
            if "pretraining_dataset" in given:
                del config["datasets"]
            if {"lora_modules_to_save", "lora_target_linear", "adapter"} & set(given):
                config = {"adapter": "lora", **adapter, **config}
            if entry.key == "rl-packing":
                config["rl"] = "kto"
            report = check(yaml.safe_dump(config))
            wrong = [f.message for f in report.findings if f.severity in (Severity.ERROR, Severity.IGNORED)]
            assert wrong == [], f"{entry.title}: {wrong}\n{example}"


async def test_the_data_of_a_server_goes_thirty_days_after_the_bot_left(town):
    now = datetime.now(UTC)
    town.store.guilds._clock = lambda: now
    housekeeping = town.env.bot.get_cog("Housekeeping")
    await town.add("Packing")
    await town.add("Elsewhere", guild=town.other)
    await housekeeping.on_guild_remove(town.env.bot.get_guild(town.guild.id))
    now += timedelta(days=29)
    await housekeeping.hourly()
    assert await town.find("Packing")
    await housekeeping.on_guild_join(town.env.bot.get_guild(town.guild.id))
    now += timedelta(days=40)
    await housekeeping.hourly()
    assert await town.find("Packing")

    await housekeeping.on_guild_remove(town.env.bot.get_guild(town.guild.id))
    now += timedelta(days=31)
    await housekeeping.hourly()
    assert await town.find("Packing") is None
    assert await town.store.faq.find(town.other.id, "elsewhere")


async def test_a_backup_is_there_after_the_first_hour_began(town, settings):
    await town.env.bot.get_cog("Housekeeping").hourly()
    folder = settings.database.parent / "backups"
    assert [file.suffix for file in folder.iterdir()] == [".sqlite3"]
