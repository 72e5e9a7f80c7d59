"""From a broken config pasted into the form to a shared summary, as one member's walk."""


async def test_paste_read_correct_check_again_share(world, tools):
    shown = await world.ann.slash(world.channel, "checkconfig")
    _, text, _, gpus = (each["component"]["custom_id"] for each in shown.modal["components"])
    report = tools.answer(await world.ann.submit_modal(shown, {text: tools.BROKEN, gpus: "4"}))
    assert report.ephemeral
    assert tools.words(report).startswith("### Axolotl 0.21.0 refuses this: 1 reason; 1 key is ignored.")
    assert "pasted text · 9 keys · 4 GPUs" in tools.words(report)

    why = tools.answer(await world.ann.select(report, ["saves_per_epoch"]))
    assert "saves_per_epoch" in tools.words(why)

    copy = tools.answer(await world.press(report, "Corrected copy"))
    assert "1 mechanical fault fixed, every other byte kept." in tools.words(copy)
    (file,) = copy.attachments
    corrected = (await file.read()).decode()
    assert corrected.splitlines() == tools.BROKEN.replace("max_seq_length", "sequence_len").splitlines()

    decided = corrected.replace("save_steps: 100\n", "")
    again = await world.check(decided, name=file.filename, gpus=4)
    assert "Since your last check: 2 fixed, 0 left, " in tools.words(again)
    assert "refuses" not in tools.words(again)

    shared = tools.answer(await world.press(again, "Share summary"))
    assert not shared.ephemeral
    assert "I found nothing wrong for Axolotl 0.21.0." in tools.words(shared)
    for words in ("my first run", "org/rows", "Qwen"):
        assert words not in tools.words(shared), "a summary shows nothing of the config"


async def test_the_plan_says_how_to_fit_a_smaller_card(world, tools):
    text = tools.words(tools.answer(await world.press(await world.check(tools.CLEAN), "Plan")))
    assert "**To fit a " in text
    assert "1. `" in text


async def test_explain_leads_the_text_of_an_error_to_its_cause(world, tools):
    shown = tools.answer(await world.ann.slash(world.channel, "explain", field="KeyError: 'instruction'"))
    assert shown.ephemeral
    assert "The rows have no column `instruction`" in tools.words(shown)
    other = tools.answer(await world.ann.slash(world.channel, "explain", field="the moon is blue"))
    assert "I do not know the answer to this" in tools.words(other)
