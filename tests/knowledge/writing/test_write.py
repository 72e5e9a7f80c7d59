"""Configs that are written: what they hold, that they are proven, and what they say where a wish cannot be met."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from knowledge.check import check
from knowledge.finding import Severity
from knowledge.gpus import gpu_named
from knowledge.writing import Unusable, Unwritable, Wishes, aims, write_config

if TYPE_CHECKING:
    from pathlib import Path

CHATS = [
    {
        "messages": [
            {"role": "user", "content": f"Where is harbour {n}?"},
            {"role": "assistant", "content": "North. " * 9},
        ]
    }
    for n in range(400)
]
PAIRS = [{"prompt": f"Name port {n}", "chosen": f"Port {n} it is", "rejected": "No"} for n in range(900)]
SUMS = [{"question": f"What is {n} plus {n}?", "answer": f"#### {2 * n}"} for n in range(400)]
TEXTS = [{"text": f"Ferry {n} leaves at nine. " * 40} for n in range(900)]


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def wishes(model: str = "meta-llama/Llama-3.1-8B", gpu: str = "RTX 3090", **more: Any) -> Wishes:
    rows = more.pop("rows", CHATS)
    return Wishes(model=model, rows=jsonl(rows), dataset="rows.jsonl", gpu=gpu_named(gpu), **more)


def keys(text: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(text)
    return read


@pytest.mark.parametrize("rows", [CHATS, PAIRS, TEXTS], ids=["chats", "pairs", "texts"])
@pytest.mark.parametrize("gpu", ["RTX 3090", "T4", "A100 80GB"])
def test_what_is_written_is_proven(rows: list[dict[str, Any]], gpu: str) -> None:
    wish = wishes("Qwen/Qwen2.5-3B-Instruct", gpu, rows=rows)
    written = write_config(wish)
    report = check(written.config, dataset=jsonl(rows))
    assert written.unmet == ()
    assert all(finding.severity is Severity.ADVICE for finding in report.findings)
    assert written.memory is not None
    assert written.memory.high_gib <= gpu_named(gpu).usable_gib[0]
    assert report.dataset is not None
    assert report.dataset.rows_kept >= len(rows)


def test_the_same_wishes_give_the_same_bytes() -> None:
    assert write_config(wishes()).config == write_config(wishes()).config


def test_the_first_line_says_for_what_it_was_made() -> None:
    first = write_config(wishes()).config.split("\n\n")[0].replace("\n# ", " ")
    assert first.startswith("# For Axolotl 0.21.0: ")
    assert "meta-llama/Llama-3.1-8B on 1 × RTX 3090" in first


def test_a_base_model_gets_a_template_whose_tokens_it_has_and_learns_to_stop() -> None:
    written = keys(write_config(wishes()).config)
    assert written["chat_template"] == "llama3"
    assert written["eot_tokens"] == ["<|eot_id|>"]
    assert "tokens" not in written


def test_an_instruct_model_keeps_its_own_template() -> None:
    assert "chat_template" not in keys(write_config(wishes("Qwen/Qwen2.5-3B-Instruct")).config)


def test_a_card_without_bf16_gets_fp16_and_neither_flash_attention_nor_packing() -> None:
    written = keys(write_config(wishes("Qwen/Qwen2.5-3B-Instruct", "T4")).config)
    assert written["fp16"] is True
    assert written["attn_implementation"] == "sdpa"
    assert "sample_packing" not in written
    assert "tf32" not in written


@pytest.mark.parametrize("gpus", [1, 2, 3, 4, 8])
def test_facts_take_about_150_rows_a_step_on_any_number_of_cards(gpus: int) -> None:
    written = write_config(wishes("Qwen/Qwen2.5-0.5B", "A100 80GB", rows=TEXTS, aim="facts", gpus=gpus))
    assert written.plan is not None
    assert written.plan.trainer_steps_per_epoch is not None
    rows = len(TEXTS) * (1 - keys(written.config)["val_set_size"])
    assert 150 * 0.8 <= rows / written.plan.trainer_steps_per_epoch <= 150 * 1.2


def test_a_method_that_does_not_fit_gives_the_nearest_and_says_so() -> None:
    written = write_config(wishes("Qwen/Qwen2.5-7B", "RTX 4090", method="full"))
    assert written.method in ("lora", "qlora")
    assert "Full training of Qwen/Qwen2.5-7B does not fit RTX 4090" in written.unmet[0]


def test_a_model_too_large_for_one_card_gets_more_of_them() -> None:
    written = write_config(wishes("meta-llama/Llama-3.1-70B", "RTX 3090"))
    assert any("× RTX 3090" in sentence for sentence in written.unmet)
    assert "offload_params: false" in written.config
    assert written.memory is not None
    assert written.memory.high_gib <= gpu_named("RTX 3090").usable_gib[0]


def test_a_reward_file_stands_beside_a_grpo_config_and_works() -> None:
    written = write_config(wishes("Qwen/Qwen2.5-1.5B-Instruct", "A100 80GB", rows=SUMS, aim="rewards"))
    made = keys(written.config)
    assert made["trl"]["reward_funcs"] == ["rewards.correct_answer"]
    effective = made["micro_batch_size"] * made["gradient_accumulation_steps"]
    assert effective % made["trl"]["num_generations"] == 0
    module: dict[str, Any] = {}
    exec(written.files["rewards.py"], module)
    one, settings = module["transform"](None)
    row = one({"question": "What is 2 plus 2?", "answer": "#### 4"})
    assert row["answer"] == "4"
    assert "question" in settings["remove_columns"]
    texts = [[{"role": "assistant", "content": "It is 4."}], [{"role": "assistant", "content": "It is 5."}]]
    assert module["correct_answer"](texts, ["4", "4"]) == [1.0, 0.0]


def test_without_a_dataset_the_path_is_left_open_and_the_check_says_so() -> None:
    written = write_config(Wishes(model="meta-llama/Llama-3.1-8B", gpu=gpu_named("RTX 3090")))
    assert written.open == ("datasets[0].path",)
    assert written.unmet == ()
    rules = {finding.rule: finding.severity for finding in check(written.config).findings}
    assert rules["placeholder-left"] is Severity.ADVICE


def test_rows_that_are_longer_than_fits_are_said_to_be_lost() -> None:
    long = [
        {"messages": [{"role": "user", "content": "Tell it"}, {"role": "assistant", "content": "word " * 60_000}]},
        *CHATS,
    ]
    written = write_config(wishes("meta-llama/Llama-3.1-8B", "RTX 3090", rows=long))
    assert "are left out" in " ".join(written.config.replace("\n# ", " ").split())
    assert all(finding.severity is Severity.ADVICE for finding in written.report.findings)  # type: ignore[union-attr]


def test_a_model_that_nobody_knows_gives_no_config_but_names_alike() -> None:
    with pytest.raises(Unwritable, match="I know nothing about"):
        write_config(wishes("acme/rocket"))


def test_a_file_without_rows_cannot_be_used() -> None:
    with pytest.raises(Unusable, match="has no row"):
        write_config(wishes(rows=[]))


def test_every_value_of_taste_has_a_reason_and_a_source() -> None:
    for aim in aims().values():
        for choice in (aim.batch, aim.epochs, *aim.rates.values()):
            assert choice.why
            assert choice.source


def test_hours_end_a_long_run_but_do_not_repeat_a_few_rows_for_hours() -> None:
    few = write_config(wishes("Qwen/Qwen2.5-0.5B-Instruct", "A100 80GB", hours=5.0))
    assert few.duration is not None
    assert few.duration.high_s is not None
    assert few.duration.high_s < 5 * 3600
    assert keys(few.config)["num_epochs"] <= aims()["chat"].most_epochs
    long = write_config(wishes("Qwen/Qwen2.5-7B-Instruct", "RTX 3090", rows=TEXTS, aim="facts", hours=0.2))
    assert keys(long.config)["max_steps"] > 0
    assert long.duration is not None
    assert long.duration.estimate_s is not None
    assert long.duration.estimate_s <= 0.2 * 3600


def test_more_rows_a_step_than_there_are_give_a_batch_of_all_rows_and_say_so() -> None:
    written = write_config(wishes("Qwen/Qwen2.5-0.5B", rows=TEXTS[:40], aim="facts", steps=20))
    made = keys(written.config)
    assert 36 <= made["micro_batch_size"] * made["gradient_accumulation_steps"] <= 44
    assert "A batch of 150 rows is too large for so few rows" in written.unmet[0]


def test_two_batches_an_epoch_are_counted_both_so_the_batch_of_facts_stays() -> None:
    written = write_config(wishes("Qwen/Qwen2.5-0.5B", rows=TEXTS[:280], aim="facts"))
    made = keys(written.config)
    assert 135 <= made["micro_batch_size"] * made["gradient_accumulation_steps"] <= 165
    assert written.plan is not None
    assert (written.plan.optimizer_steps_done or 0) >= 30
    assert written.unmet == ()


def test_memory_of_the_host_is_used_where_the_cards_are_named_with_the_leanest_method() -> None:
    chosen = write_config(wishes("meta-llama/Llama-3.1-70B-Instruct", "RTX 4090", gpus=2))
    assert chosen.unmet == ()
    assert chosen.method == "qlora"
    assert "0.6 GB of RAM per billion" in " ".join(chosen.config.replace("# ", "").split())


@pytest.mark.parametrize("count", [1, 5, 40])
def test_a_handful_of_rows_still_makes_enough_steps_and_all_of_its_epochs(count: int) -> None:
    written = write_config(wishes("Qwen/Qwen2.5-0.5B-Instruct", rows=CHATS[:count], gpus=2))
    assert written.plan is not None
    assert written.plan.optimizer_steps_done is not None
    assert written.plan.optimizer_steps_done >= 30
    small = keys(written.config)["micro_batch_size"] * keys(written.config)["gradient_accumulation_steps"] * 2 < 32
    assert bool(re.search("too few steps|so few rows", " ".join(written.unmet))) is small
    assert all(finding.severity is Severity.ADVICE for finding in written.report.findings)  # type: ignore[union-attr]


def test_prompts_that_are_messages_are_rewarded_too() -> None:
    rows = [{"prompt": [{"role": "user", "content": f"{n} + 1?"}], "answer": n + 1} for n in range(300)]
    written = write_config(wishes("Qwen/Qwen2.5-1.5B-Instruct", "A100 80GB", rows=rows, aim="rewards"))
    assert written.unmet == ()
    module: dict[str, Any] = {}
    exec(written.files["rewards.py"], module)
    one, _ = module["transform"](None)
    assert one(rows[0]) == {"prompt": rows[0]["prompt"], "answer": "1"}


def test_swanlab_gets_its_plugin() -> None:
    written = write_config(wishes(track="swanlab"))
    assert "axolotl.integrations.swanlab.SwanLabPlugin" in keys(written.config)["plugins"]
    assert written.unmet == ()


def test_system_turns_that_the_template_refuses_are_left_out_and_that_is_said() -> None:
    rows = [{"messages": [{"role": "system", "content": "Be brief."}, *row["messages"]]} for row in CHATS]
    written = write_config(wishes("google/gemma-2-9b", "A100 80GB", rows=rows))
    assert keys(written.config)["datasets"][0]["drop_system_message"] is True
    assert "refuses system turns" in written.unmet[0]
    assert written.report is not None
    assert written.report.dataset is not None
    assert written.report.dataset.rows_failed == 0


def test_a_model_named_without_its_owner_gets_its_name_of_the_hub() -> None:
    assert keys(write_config(wishes("qwen3-8b")).config)["base_model"] == "Qwen/Qwen3-8B"
    with pytest.raises(Unwritable, match="Llama-3"):
        write_config(wishes("llama3"))
    with pytest.raises(Unusable, match="no model"):
        write_config(wishes(" "))


def test_type_that_axolotl_does_not_have_names_the_nearest() -> None:
    with pytest.raises(Unusable, match=r"no `type: alpacca`\. Did you mean `alpaca`"):
        write_config(Wishes(model="Qwen/Qwen3-8B", dataset="org/rows", type="alpacca"))


PAIRED_CHATS = [
    {
        side: [{"role": "user", "content": f"Name port {n}"}, {"role": "assistant", "content": answer}]
        for side, answer in (("chosen", f"Port {n} it is"), ("rejected", "No"))
    }
    for n in range(900)
]
JUDGED = [{"prompt": f"Name port {n}", "completion": f"Port {n}", "label": n % 2 == 0} for n in range(900)]


@pytest.mark.parametrize(
    ("loss", "rows", "made"),
    [
        ("ipo", PAIRS, {"rl": "dpo", "dpo_loss_type": ["ipo"]}),
        ("simpo", PAIRS, {"rl": "simpo", "rl_beta": 2, "simpo_gamma": 1}),
        ("orpo", PAIRED_CHATS, {"rl": "orpo", "rl_beta": 0.1}),
        ("kto", JUDGED, {"rl": "kto"}),
    ],
)
def test_a_loss_that_is_asked_for_is_written_with_its_keys(
    loss: str, rows: list[dict[str, Any]], made: dict[str, Any]
) -> None:
    written = write_config(wishes("Qwen/Qwen2.5-3B-Instruct", rows=rows, loss=loss))
    assert written.unmet == ()
    assert made.items() <= keys(written.config).items()


@pytest.mark.parametrize(
    ("loss", "rows", "said", "rl"),
    [
        ("orpo", PAIRS, "ORPO reads `chosen` and `rejected` as whole conversations", "dpo"),
        ("kto", PAIRS, "KTO needs answers with a label", "dpo"),
        ("simpo", JUDGED, "so this is KTO and not SimPO", "kto"),
    ],
)
def test_a_loss_that_the_rows_do_not_allow_gives_the_nearest(
    loss: str, rows: list[dict[str, Any]], said: str, rl: str
) -> None:
    written = write_config(wishes("Qwen/Qwen2.5-3B-Instruct", rows=rows, loss=loss))
    assert said in " ".join(written.unmet)
    assert keys(written.config)["rl"] == rl


def test_warm_up_of_a_preference_run_ends_within_its_steps() -> None:
    wishes = Wishes(model="Qwen/Qwen3-8B", dataset="org/rows", aim="preference", steps=20, count=100_000)
    written = write_config(wishes)
    assert written.report is not None
    assert "warmup-never-ends" not in {each.rule for each in written.report.findings}
    assert "warmup_steps: 2" in written.config


def test_the_column_of_the_chats_with_images_that_nobody_has_seen_is_left_open() -> None:
    written = write_config(Wishes(model="google/gemma-3-4b-it", dataset="acme/pictures", aim="images"))
    assert written.open == ("datasets[0].field_messages",)
    assert "the column that holds the chats, which is often `messages`" in " ".join(written.config.split())
    assert "placeholder-left" in {finding.rule for finding in check(written.config).findings}


@pytest.mark.parametrize(
    ("aim", "left"),
    [
        ("chat", ("datasets[0].type",)),
        ("preference", ("datasets[0].type",)),
        ("pretraining", ("datasets[0].field",)),
        ("rewards", ("rewards.py: PROMPT", "rewards.py: ANSWER")),
    ],
)
def test_what_only_unseen_rows_would_tell_is_left_open_and_marked(aim: str, left: tuple[str, ...]) -> None:
    wish = Wishes(model="Qwen/Qwen3-8B", dataset="acme/rows", split="train", aim=aim, gpu=gpu_named("RTX 3090"))
    written = write_config(wish)
    assert written.open == left
    assert "YOUR_" in written.config + "".join(written.files.values())
    assert all(finding.severity is Severity.ADVICE for finding in check(written.config).findings)


def test_a_loss_that_is_asked_for_makes_it_a_preference_run() -> None:
    written = write_config(Wishes(model="Qwen/Qwen3-8B", loss="simpo"))
    assert (written.aim, keys(written.config)["rl"]) == ("preference", "simpo")


def test_a_type_that_is_stated_is_not_left_open() -> None:
    written = write_config(Wishes(model="Qwen/Qwen3-8B", dataset="acme/rows", type="alpaca"))
    assert written.open == ()
    assert keys(written.config)["datasets"][0]["type"] == "alpaca"


@pytest.mark.parametrize(("name", "separator"), [("rows.csv", ";"), ("rows.csv", "\t"), ("rows.tsv", "\t")])
def test_a_table_without_commas_gets_the_config_of_the_table_with_commas(name: str, separator: str) -> None:
    lines = [separator.join(("question", "answer"))]
    lines += [separator.join((f"Where is port {n}?", f"North, behind pier {n}.")) for n in range(300)]
    wish = Wishes(model="Qwen/Qwen3-8B", rows="\n".join(lines).encode(), dataset=name, gpu=gpu_named("RTX 3090"))
    written = write_config(wish)
    (told,) = [sentence for sentence in written.unmet if "commas" in sentence]
    assert name in told
    assert keys(written.config)["datasets"][0]["path"] == "rows.csv"
    assert written.report is not None
    assert written.report.dataset is not None
    assert written.report.dataset.rows_kept == 300


def test_blank_lines_of_a_text_file_do_not_stand_against_its_config() -> None:
    text = "\n\n".join(f"Ferry {n} leaves at nine. " * 9 for n in range(700))
    wish = Wishes(model="Qwen/Qwen3-8B", rows=text.encode(), dataset="book.txt", gpu=gpu_named("RTX 3090"))
    assert write_config(wish).unmet == ()


def test_a_chat_that_ends_with_a_question_is_a_prompt_for_rewards() -> None:
    rows = [
        {"messages": [{"role": "user", "content": f"What is {n} plus 1?"}], "answer": str(n + 1)} for n in range(300)
    ]
    written = write_config(wishes("Qwen/Qwen2.5-1.5B-Instruct", rows=rows, aim="rewards"))
    assert written.open == ()
    assert "PROMPT, ANSWER = 'messages', 'answer'" in written.files["rewards.py"]


def test_prompts_without_an_answer_get_a_reward_file_that_asks_for_its_column() -> None:
    rows = [{"prompt": f"Tell me of port {n}."} for n in range(300)]
    written = write_config(wishes("Qwen/Qwen2.5-1.5B-Instruct", rows=rows, aim="rewards"))
    assert written.open == ("rewards.py: ANSWER",)
    assert "no column with an answer" in written.unmet[0]


def test_rows_of_which_none_can_be_trained_on_get_no_config() -> None:
    call = {"type": "function", "function": {"name": "tide", "arguments": {}}}
    turns = [
        {"role": "user", "content": "When is the tide?"},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "Noon"},
        {"role": "assistant", "content": "At noon."},
    ]
    with pytest.raises(Unwritable, match="No row can be trained on"):
        write_config(wishes("google/gemma-2-27b", "A100 80GB", rows=[{"messages": turns}] * 5))


def test_a_larger_card_is_offered_before_many_small_ones() -> None:
    written = write_config(wishes("google/gemma-3-27b-it", "RTX 3060 12GB"))
    assert written.gpus == 1
    assert "the least that holds it" in written.unmet[0]


@pytest.mark.parametrize("model", ["google/gemma-3-12b-it", "google/gemma-3-27b-it"])
def test_larger_models_of_a_family_that_sees_pictures_see_them_too(model: str) -> None:
    assert write_config(Wishes(model=model, aim="images", gpu=gpu_named("H100 80GB"))).aim == "images"


def test_a_fine_tune_keeps_its_own_template_though_it_is_named_after_its_base() -> None:
    assert "chat_template" not in keys(write_config(wishes("NousResearch/Hermes-3-Llama-3.1-8B")).config)


def test_thoughts_that_the_template_leaves_out_do_not_shorten_other_rows() -> None:
    def chat(n: int) -> dict[str, Any]:
        answer = {"role": "assistant", "content": "Far. " * (20 + n % 40), "reasoning_content": "Hm. " * (n * 7 % 60)}
        return {"messages": [{"role": "user", "content": f"Where is port {n}?"}, answer]}

    rows = [chat(n) for n in range(300)]
    report = write_config(wishes("Qwen/Qwen2.5-7B", "A100 80GB", rows=rows)).report
    assert report is not None
    assert report.dataset is not None
    assert report.dataset.rows_kept == 300
    printed, estimated = (max(lengths) for lengths in (report.dataset.lengths[:64], report.dataset.lengths[64:]))
    assert estimated == pytest.approx(printed, rel=0.1)


def test_vllm_gets_a_card_of_its_own_where_it_does_not_fit_beside_the_training() -> None:
    written = write_config(wishes("Qwen/Qwen3-14B", "L40S", rows=SUMS, aim="rewards", gpus=2))
    made = keys(written.config)
    assert made["adapter"] == "lora"
    assert made["trl"]["vllm_mode"] == "server"
    assert made["trl"]["vllm_server_port"] == made["vllm"]["port"]
    assert "CUDA_VISIBLE_DEVICES=1 axolotl vllm-serve config.yaml" in written.config
    assert written.plan is not None
    assert written.plan.real_global_batch == made["micro_batch_size"] * made["gradient_accumulation_steps"] == 64
    assert written.unmet == ()


def test_the_rows_of_a_long_file_are_counted_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(jsonl([{"prompt": "Which port?", "chosen": "North. " * 90, "rejected": "No. " * 90}] * 3000))
    wish = Wishes(model="Qwen/Qwen2.5-3B-Instruct", rows=file, dataset="rows.jsonl", gpu=gpu_named("RTX 4090"))
    written = write_config(wish)
    assert keys(written.config)["val_set_size"] > 0
    assert written.plan is not None
    assert written.plan.optimizer_steps_done == pytest.approx(3000 * 0.95 / 32, abs=2)


def test_a_format_stands_on_one_line() -> None:
    rows = [{"prompt": f"Name port {n}", "completion": "Port.", "label": n % 2 == 0} for n in range(400)]
    written = write_config(wishes("meta-llama/Llama-3.1-8B-Instruct", rows=rows))
    assert sum("prompt_format" in line and line.endswith('"') for line in written.config.splitlines()) == 1
