"""What the buttons under an answer do, for whom, and after a restart."""

import re

import pytest

EXPIRED = "This answer has expired"


async def test_paste_read_correct_check_again_share(world, tools):
    broken = tools.BROKEN + "noisy_embedding_alpha: 5\n"
    first = await world.check(broken)
    assert "noisy_embedding_alpha" in tools.words(first)
    copy = tools.answer(await world.press(first, "Corrected copy"))
    assert "every other byte kept" in tools.words(copy)
    assert "```diff\n" in tools.words(copy)
    (file,) = copy.attachments
    assert file.filename == "config.corrected.yaml"
    corrected = (await file.read()).decode()
    assert corrected.startswith("# my first run\n"), "comments stay"
    assert corrected != broken

    again = await world.check(corrected, name="config.corrected.yaml")
    assert re.search(r"Since your last check of config\.yaml: [1-9]\d* fixed, \d+ left, \d+ new\.", tools.words(again))

    shared = tools.answer(await world.press(again, "Share summary"))
    assert not shared.ephemeral
    text = tools.words(shared)
    assert "refuses this: 1 reason" in text
    assert f"shared by <@{world.ann.id}>" in text
    assert "my first run" not in text
    assert "save_steps: 100" not in text, "no words of the config"
    assert shared.id in [message.id for message in world.channel.history()]


async def test_a_summary_is_removed_by_its_author_and_by_moderators_only(world, tools):
    first = await world.check(tools.BROKEN)
    for remover, gone in ((world.ben, False), (world.ann, True)):
        shared = tools.answer(await world.press(first, "Share summary"))
        refused = await world.press(shared, "Remove", remover)
        assert (shared.id not in [message.id for message in world.channel.history()]) == gone
        if not gone:
            assert "Only moderators and the member who shared this" in tools.words(tools.answer(refused))
            await world.press(shared, "Remove", world.max)
            assert shared.id not in [message.id for message in world.channel.history()]


async def test_the_plan_has_numbers_a_curve_and_words_for_it(world, tools):
    plan = tools.answer(await world.press(await world.check(tools.CLEAN), "Plan"))
    text = tools.words(plan)
    assert "batch a step" in text
    gallery = next(each for each in tools.components(plan) if each.get("type") == 12)
    assert "cosine" in gallery["items"][0]["description"]
    assert [file.filename for file in plan.attachments] == ["curve.png"]


async def test_other_gpus_check_the_same_config_again(world, tools):
    first = await world.check(tools.CLEAN)
    shown = await world.press(first, "Other GPU count")
    field = shown.modal["components"][0]["component"]["custom_id"]
    again = tools.answer(await world.ann.submit_modal(shown, {field: "8"}))
    assert "4 × 2 × 8 GPUs = **64**" in tools.words(again)
    assert "Since your last check" not in tools.words(again)
    shown = await world.press(first, "Other GPU count")
    refused = await world.ann.submit_modal(shown, {field_of(shown): "0"})
    assert "whole number from 1" in tools.words(tools.answer(refused))


async def test_explain_offers_the_meant_field_and_the_rules(world, tools):
    first = await world.check(tools.BROKEN)
    assert {"sequence_len", "save_steps", "saves_per_epoch"} <= set(tools.options(first))
    explained = tools.answer(await world.ann.select(first, ["sequence_len"]))
    assert explained.ephemeral
    assert tools.words(explained).startswith("### sequence_len\n")


async def test_explain_below_an_answer_speaks_of_the_run(world, tools):
    first = await world.check(f"{tools.CLEAN}max_steps: 100\nsave_stepz: 50\nwarmup_steps: 200\n")
    told = {}
    for name in ("save_steps", "warmup_steps"):
        told[name] = tools.words(tools.answer(await world.ann.select(first, [name])))
    assert "**Your run** The run saves" in told["save_steps"]
    assert "**Your run** The warm-up lasts 200 steps and the run 100" in told["warmup_steps"]


async def test_wrong_advice_reaches_the_moderators_without_the_config(world, tools):
    log = world.guild.create_text_channel("moderators")
    await world.bot.services.store.guilds.change(world.guild.id, log_channel_id=log.id)
    first = await world.check(tools.BROKEN)
    shown = await world.press(first, "Wrong advice?")
    rule, comment = (each["component"]["custom_id"] for each in shown.modal["components"])
    chosen = shown.modal["components"][0]["component"]["options"][0]["value"]
    sent = await world.ann.submit_modal(
        shown, {rule: [chosen], comment: "it runs here; my token is hf_abcdefghijklmnopqrstuvwxyzABCD"}
    )
    assert "moderators of this server have your report" in tools.words(tools.answer(sent))
    queue = tools.answer(await world.max.slash(world.channel, "rules reports"))
    text = tools.words(queue)
    assert f"`{chosen}`" in text
    assert "it runs here" in text
    assert "hf_" not in text
    assert "org/rows" not in text
    assert log.last_message is not None
    await world.press(queue, "Close", world.max)
    after = tools.answer(await world.max.slash(world.channel, "rules reports"))
    assert "There are no open reports of wrong advice" in tools.words(after)
    assert "already closed" in tools.words(tools.answer(await world.press(queue, "Close", world.max)))


async def test_pages_leave_no_finding_out(world, tools):
    unknown = "".join(f"no_such_key_{number:03}: 1\n" for number in range(300))
    page = await world.check(tools.CLEAN + unknown)
    seen, number = set(), 1
    while True:
        text = tools.words(page)
        seen |= set(re.findall(r"no_such_key_\d{3}", text))
        assert len(text) <= 4000
        assert len(tools.components(page)) <= 40
        assert f"Page {number} of " in "".join(tools.labels(page))
        if number == int(re.search(r"Page \d+ of (\d+)", "".join(tools.labels(page)))[1]):
            break
        assert re.search(r"\(\d+–\d+ of 300\)", text)
        await world.press(page, "Next")
        number += 1
    assert len(seen) == 300
    assert number > 5


async def test_only_the_asker_can_press(world, tools):
    shown = await world.check(tools.BROKEN)
    for label in ("Share summary", "Plan", "Other GPU count", "Wrong advice?"):
        custom_id = next(each["custom_id"] for each in tools.components(shown) if each.get("label") == label)
        result = await replay(world, world.ben, custom_id)
        assert "belongs to the member who asked" in tools.words(tools.answer(result)), label


async def test_after_an_hour_and_after_a_restart_buttons_say_that_they_expired(world, tools):
    from bot.client import create_bot
    from bot.forms import OPEN

    shown = await world.check(tools.BROKEN)
    await world.env.advance_time(3700)
    assert EXPIRED in tools.words(tools.answer(await world.press(shown, "Share summary")))
    shown = await world.check(tools.BROKEN)
    form = await world.press(shown, "Other GPU count")
    await world.bot.close()
    OPEN.clear()
    second = create_bot(world.bot.services.settings)
    await world.env.restart_bot(second)
    try:
        for label in ("Share summary", "Plan", "Other GPU count", "Wrong advice?", "Corrected copy"):
            if label in tools.labels(shown):
                assert EXPIRED in tools.words(tools.answer(await world.press(shown, label))), label
        explained = tools.answer(await world.ann.select(shown, ["sequence_len"]))
        assert "### sequence_len" in tools.words(explained), "needs nothing that was kept"
        late = await world.ann.submit_modal(form, {field_of(form): "8"})
        assert "what you typed was not used. Your text is attached" in tools.words(tools.answer(late))
    finally:
        await second.close()


async def test_muted_rules_are_named_with_their_reason_and_their_end(world, tools):
    shown = await world.check(tools.BROKEN)
    rule = next(each for each in tools.options(shown) if each == "foreign-key")
    muted = await world.max.slash(world.channel, "rules mute", rule=rule, reason="our own fork knows it", days=3)
    assert "is muted in this server until" in tools.words(tools.answer(muted))
    text = tools.words(await world.check(tools.BROKEN, who=world.ben))
    assert "max_seq_length" not in text
    assert "Muted here: `foreign-key` (our own fork knows it)." in text
    listed = tools.words(tools.answer(await world.max.slash(world.channel, "rules list")))
    assert "our own fork knows it" in listed
    assert [each["value"] for each in await world.max.autocomplete(world.channel, "rules unmute", "rule", "")] == [rule]
    await world.max.slash(world.channel, "rules unmute", rule=rule)
    assert "max_seq_length" in tools.words(await world.check(tools.BROKEN))
    again = tools.answer(await world.max.slash(world.channel, "rules unmute", rule=rule))
    assert "is not muted" in tools.words(again)
    nothing = tools.answer(await world.max.slash(world.channel, "rules mute", rule="no-such", reason="x"))
    assert "There is no rule named `no-such`" in tools.words(nothing)


async def test_a_servers_defaults_count_and_are_named(world, tools):
    await world.bot.services.store.guilds.change(world.guild.id, gpus=8, axolotl="0.16.0")
    text = tools.words(await world.check(tools.CLEAN))
    assert "4 × 2 × 8 GPUs" in text
    assert "8 GPUs is this server's default" in text
    assert "Axolotl 0.16.0 is this server's default" in text
    assert "Axolotl 0.16.0" in text.splitlines()[0]
    assert "is this server's default; the option `gpus`" not in tools.words(await world.check(tools.CLEAN, gpus=2))


async def test_a_servers_card_is_used_and_another_one_wins(world, tools):
    await world.bot.services.store.guilds.change(world.guild.id, gpu="RTX 4090")
    text = tools.words(await world.check(tools.CLEAN))
    assert "RTX 4090 is this server's default card" in text
    other = tools.words(await world.check(tools.CLEAN, gpu="H100 80GB"))
    assert "RTX 4090" not in other


def field_of(shown):
    return shown.modal["components"][0]["component"]["custom_id"]


async def replay(world, who, custom_id):
    """A press by somebody to whom the private answer was never shown: their client made the custom id up."""
    from discord import ui

    view = ui.LayoutView(timeout=None)
    view.add_item(ui.ActionRow(ui.Button(label="forged", custom_id=custom_id)))
    view.stop()
    message = await world.bot.get_channel(world.channel.id).send(view=view)
    return await who.click(message, custom_id=custom_id)


async def test_next_step_names_the_commands_and_sends_a_modelfile(world, tools):
    config = tools.CLEAN + "adapter: lora\nlora_r: 16\nlora_alpha: 32\nlora_target_linear: true\n"
    first = await world.check(config)
    found = tools.answer(await world.press(first, "Next step"))
    text = tools.words(found)
    assert "axolotl preprocess config.yaml --debug" in text
    assert "axolotl merge-lora config.yaml" in text
    assert "vllm serve" in text
    assert "If it answers like the base model" in text
    (file,) = found.attachments
    assert file.filename == "Modelfile"
    assert (await file.read()).startswith(b"FROM ")


async def test_an_explanation_below_a_check_tells_the_numbers_of_that_run(world, tools):
    message = await world.check(tools.CLEAN)
    menu = next(each for each in tools.components(message) if each.get("placeholder") == "Explain")
    told = await world.ann.select(message, ["micro_batch_size"], custom_id=menu["custom_id"])
    assert "4 × 2 × 1 = 8 rows per optimizer step" in tools.words(tools.answer(told))


@pytest.mark.parametrize(
    ("name", "copied"),
    [
        ("ру́сский (1).yaml", "1_.corrected.yaml"),
        ("Übung.yml", "Ubung.corrected.yml"),
        ("-_.yaml", "config.corrected.yaml"),
        ("my run.txt", "my_run.corrected.yaml"),
    ],
)
async def test_a_corrected_copy_has_a_name_that_discord_keeps(world, tools, name, copied):
    copy = tools.answer(await world.press(await world.check(tools.BROKEN, name=name), "Corrected copy"))
    assert [file.filename for file in copy.attachments] == [copied]
