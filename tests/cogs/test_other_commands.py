"""/explain, /batchsize, /compare, /about, /help, and the first words in a new server."""


async def test_explain_names_type_default_directions_and_pitfalls(world, tools):
    result = await world.ann.slash(world.channel, "explain", field="gradient_accumulation_steps")
    text = tools.words(tools.answer(result))
    assert tools.answer(result).ephemeral
    assert text.startswith("### gradient_accumulation_steps\n-# whole number · default 1")
    for word in ("**Raise it**", "**Lower it**", "**Costs**", "**Watch out**", "```yaml\n"):
        assert word in text
    related = tools.answer(await world.ann.select(tools.answer(result), ["micro_batch_size"]))
    assert tools.words(related).startswith("### micro_batch_size")


async def test_explain_leads_from_other_names_and_typos(world, tools):
    meant = tools.words(tools.answer(await world.ann.slash(world.channel, "explain", field="max_seq_length")))
    assert meant.startswith("### sequence_len")
    near = tools.answer(await world.ann.slash(world.channel, "explain", field="sequence_lenn"))
    assert "sequence_len" in tools.words(near)
    unknown = tools.answer(await world.ann.slash(world.channel, "explain", field="zzzzqqq"))
    assert "has nothing named `zzzzqqq`" in tools.words(unknown)


async def test_what_is_typed_is_completed_within_discords_limits(world):
    for typed in ("", "lora", "effective", "datasets", "seqence", "`" * 40, "x" * 3000):
        choices = await world.ann.autocomplete(world.channel, "explain", "field", typed)
        assert len(choices) <= 25
        assert all(0 < len(each["name"]) <= 100 and 0 < len(each["value"]) <= 100 for each in choices)
    first = await world.ann.autocomplete(world.channel, "explain", "field", "micro_b")
    assert first[0]["value"] == "micro_batch_size"


async def test_the_batch_comes_with_its_formula_and_other_gpu_counts(world, tools):
    numbers = {"micro_batch_size": 2, "gradient_accumulation_steps": 75, "gpus": 4}
    text = tools.words(tools.answer(await world.ann.slash(world.channel, "batchsize", **numbers)))
    assert "### Effective batch 75 × 2 × 4 GPUs = 600" in text
    assert "`gradient_accumulation_steps: 18` (144) or `gradient_accumulation_steps: 19` (152)" in text
    assert "1               75    150" in text
    assert "not a rule" in text, "the guide's value is called experience"
    text = tools.words(tools.answer(await world.ann.slash(world.channel, "batchsize", **numbers, target=600)))
    assert "This meets 600 exactly." in text
    assert "guide" not in text


async def test_two_configs_beside_each_other(world, tools):
    other = tools.CLEAN.replace("learning_rate: 0.0002", "learning_rate: 0.0001") + "max_seq_length: 9\n"
    result = await world.ann.slash(
        world.channel, "compare", a=("a.yaml", tools.CLEAN.encode()), b=("b.yaml", other.encode()), gpus=2
    )
    text = tools.words(tools.answer(result))
    assert "a.yaml → b.yaml · 2 GPUs" in text
    assert "`learning_rate`: `0.0002` → `0.0001`" in text
    assert "**New findings**" in text
    assert "learning_rate" in tools.options(tools.answer(result))
    same = await world.ann.slash(
        world.channel, "compare", a=("a.yaml", tools.CLEAN.encode()), b=("b.yaml", tools.CLEAN.encode())
    )
    assert "Both make the same run." in tools.words(tools.answer(same))


async def test_fit_shows_which_cards_hold_a_model(world, tools):
    result = await world.ann.slash(world.channel, "fit", model="meta-llama/Llama-3.1-8B")
    text = tools.words(tools.answer(result))
    assert "QLoRA of `meta-llama/Llama-3.1-8B`" in text
    assert "24 GB   yes" in text
    unknown = await world.ann.slash(world.channel, "fit", model="./merged")
    assert "I do not know that model" in tools.words(tools.answer(unknown))


async def test_newconfig_writes_a_proven_config_and_changes_one_wish_at_a_time(world, tools):
    rows = b"".join(
        b'{"messages": [{"role": "user", "content": "Where is %d?"}, {"role": "assistant", "content": "North."}]}\n' % n
        for n in range(300)
    )
    model = "Qwen/Qwen2.5-3B-Instruct"
    result = await world.ann.slash(
        world.channel, "newconfig", model=model, dataset=("rows.jsonl", rows), gpu="RTX 3090"
    )
    text = tools.words(tools.answer(result))
    assert text.startswith(f"### A config for `{model}`")
    assert "LoRA on 1 × RTX 3090, for chat" in text
    assert "memory" in text
    other = tools.words(tools.answer(await world.ann.click(tools.answer(result), label="QLoRA")))
    assert "QLoRA on 1 × RTX 3090" in other
    unknown = await world.ann.slash(world.channel, "newconfig", model="acme/rocket")
    assert "I know nothing about acme/rocket" in tools.words(tools.answer(unknown))


async def test_a_comparison_says_what_a_card_makes_of_both(world, tools):
    other = tools.CLEAN.replace("learning_rate: 0.0002", "learning_rate: 0.0001")
    files = {"a": ("a.yaml", tools.CLEAN.encode()), "b": ("b.yaml", other.encode())}
    wrong = await world.ann.slash(world.channel, "compare", **files, gpu="2x RTX 4090", gpus=4)
    assert "give the number in only one of them" in tools.words(tools.answer(wrong))
    unknown = await world.ann.slash(world.channel, "compare", **files, gpu="a toaster")
    assert "Unknown GPU" in tools.words(tools.answer(unknown))


async def test_a_misspelled_card_is_told(world, tools):
    said = "No GPU is named RTX 4095, so this is for RTX 4090."
    assert said in tools.words(await world.check(tools.CLEAN, gpu="RTX 4095"))
    files = {"a": ("a.yaml", tools.CLEAN.encode()), "b": ("b.yaml", tools.CLEAN.replace("0.0002", "0.0001").encode())}
    assert said in tools.words(tools.answer(await world.ann.slash(world.channel, "compare", **files, gpu="RTX 4095")))
    right = tools.words(await world.check(tools.CLEAN, gpu="rtx4090"))
    assert "No GPU is named" not in right


async def test_about_says_what_is_stored_and_which_release_it_speaks_for(world, tools):
    text = tools.words(tools.answer(await world.ann.slash(world.channel, "about")))
    assert "based on Axolotl 0.21.0" in text
    assert "**Never stored**: configs" in text


async def test_help_shows_moderators_more(world, tools):
    member = tools.words(tools.answer(await world.ann.slash(world.channel, "help")))
    moderator = tools.words(tools.answer(await world.max.slash(world.channel, "help")))
    assert "/checkconfig file:" in member
    assert "/faq-admin" not in member
    assert "/faq-admin settings" in moderator


async def test_a_new_server_is_greeted_with_the_first_commands_and_the_settings(world):
    guild = world.bot.get_guild(world.guild.id)
    await world.bot.get_cog("About").on_guild_join(guild)
    greeting = str(world.channel.last_message.components[0].children[0].content)
    for word in ("/checkconfig", "/explain", "/faq", "/faq-admin settings"):
        assert word in greeting
    assert len(world.channel.history()) == 1


async def test_without_a_channel_to_write_in_nobody_is_greeted(world):
    silent = world.env.create_guild("Silent")
    await world.bot.get_cog("About").on_guild_join(world.bot.get_guild(silent.id))
    assert world.env.errors == []


async def test_model_tells_the_features_that_know_it_and_the_cards_that_hold_it(world, tools):
    text = tools.words(tools.answer(await world.ann.slash(world.channel, "model", name="qwen3_moe")))
    assert "Qwen3MoeForCausalLM" in text
    assert "Sample packing: listed." in text
    named = tools.words(tools.answer(await world.ann.slash(world.channel, "model", name="meta-llama/Llama-3.1-8B")))
    assert "QLoRA: a card of" in named
    assert "`/newconfig model:meta-llama/Llama-3.1-8B`" in named
    bites = tools.words(tools.answer(await world.ann.slash(world.channel, "model", name="tiiuae/falcon-7b")))
    assert "FSDP: Refused for Falcon models: use `deepspeed` instead. (`falcon-fsdp`)" in bites
    unknown = tools.words(tools.answer(await world.ann.slash(world.channel, "model", name="./merged")))
    assert "`model_type`" in unknown
