"""/ask, Answer this, and questions in /explain."""

from tests.world import CLEAN


async def test_a_question_is_answered_by_the_entry_itself(world, tools):
    result = await world.ann.slash(world.channel, "ask", question="how do I continue training from a checkpoint?")
    said = tools.words(tools.answer(result))
    assert tools.answer(result).ephemeral
    assert said.startswith("### How do I resume an interrupted run?\n-# from the FAQ · Axolotl 0.21.0")
    assert "resume_from_checkpoint" in said


async def test_what_may_be_meant_is_offered_and_can_be_opened(world, tools):
    result = await world.ann.slash(world.channel, "ask", question="packng")
    message = tools.answer(result)
    assert "One of these may answer it" in tools.words(message)
    assert "field:sample_packing" in tools.options(message)
    opened = tools.answer(await world.ann.select(message, ["field:sample_packing"]))
    assert tools.words(opened).startswith("### sample_packing")


async def test_chat_is_told_how_to_ask_and_leaves_its_words_for_moderators(world, tools):
    result = await world.ann.slash(world.channel, "ask", question="what do you think of bananas")
    said = tools.words(tools.answer(result))
    assert "I do not know the answer to this" in said
    assert "/checkconfig file:" in said
    misses = await world.bot.services.store.misses.top(world.guild.id)
    assert [miss.query for miss in misses] == ["what do you think of bananas"]


async def test_an_error_is_led_to_its_cause(world, tools):
    line = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 3.91 GiB.   0%| | 0/370 [00:03<?, ?it/s]"
    for command, option in (("ask", "question"), ("explain", "field")):
        said = tools.words(tools.answer(await world.ann.slash(world.channel, command, **{option: line})))
        assert "The GPU's memory is full" in said


async def test_explain_answers_questions(world, tools):
    result = await world.ann.slash(world.channel, "explain", field="model never stops generating")
    assert tools.words(tools.answer(result)).startswith("### The model never stops.")


async def test_entries_of_the_server_come_before_the_bots_own(world, tools):
    from bot.store import EntryContent

    content = EntryContent(title="Which GPUs may I book on our cluster?", text="Ask `#cluster` for a slot.", aliases=())
    await world.bot.services.store.faq.add(world.guild.id, content, author_id=1)
    result = await world.ann.slash(world.channel, "ask", question="how can I book a GPU on the cluster?")
    said = tools.words(tools.answer(result))
    assert "Which GPUs may I book on our cluster?" in said
    assert "Ask `#cluster` for a slot." in said


async def test_an_entry_that_did_not_help_is_no_longer_sure_for_that_question_alone(world, tools):
    from bot.store import EntryContent

    content = EntryContent(title="Which GPUs may I book on our cluster?", text="Ask `#cluster` for a slot.", aliases=())
    await world.bot.services.store.faq.add(world.guild.id, content, author_id=1)
    question = "Which GPUs may I book on our cluster?"
    first = tools.answer(await world.ann.slash(world.channel, "ask", question=question))
    assert tools.words(first).startswith("### Which GPUs may I book")
    await world.ann.click(first, label="That did not help")
    again = tools.words(tools.answer(await world.ben.slash(world.channel, "ask", question=question)))
    assert "One of these may answer it" in again
    other = tools.answer(await world.ben.slash(world.channel, "ask", question="may I book GPUs on our cluster today"))
    assert "Ask `#cluster` for a slot." in tools.words(other)


async def test_a_moderator_answers_a_message_in_public_with_a_mention(world, tools):
    message = await world.ann.send(world.channel, "How do I resume an interrupted run?")
    private = tools.answer(await world.max.context_menu(world.channel, "Answer this", message))
    assert private.ephemeral
    public = world.channel.last_message
    assert public.reference.message_id == message.id
    text = str(public.components[0].content)
    assert text == f"<@{world.ann.id}>"


async def test_a_member_reads_the_answer_to_a_message_alone(world, tools):
    message = await world.ann.send(world.channel, "How do I resume an interrupted run?")
    before = len(world.channel.history())
    private = tools.answer(await world.ben.context_menu(world.channel, "Answer this", message))
    assert "resume_from_checkpoint" in tools.words(private)
    assert len(world.channel.history()) == before


async def test_a_config_in_the_message_is_checked_too(world, tools):
    message = await world.ann.send(
        world.channel, f"Why does it not stop generating?\n```yaml\n{CLEAN}max_seq_length: 9\n```"
    )
    result = await world.ben.context_menu(world.channel, "Answer this", message)
    said = "\n".join(tools.words(each) for each in (result.response, *result.followups))
    assert "max_seq_length" in said
    assert "The model never stops" in said


async def test_what_is_typed_is_completed(world):
    for typed in ("", "resume", "grad acc", "`" * 50, "x" * 90):
        choices = await world.ann.autocomplete(world.channel, "ask", "question", typed)
        assert len(choices) <= 25
        assert all(0 < len(each["name"]) <= 100 and 0 < len(each["value"]) <= 100 for each in choices)
    first = await world.ann.autocomplete(world.channel, "ask", "question", "How do I resume")
    assert first[0]["value"] == "How do I resume an interrupted run?"
