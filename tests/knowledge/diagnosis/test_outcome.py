"""What happened comes before why: whether anything failed, in which phase, how far it came, what only follows."""

import math
import time

import pytest

from knowledge.diagnosis import diagnose, headline, readings

STEPS = "\n".join(
    f"{{'loss': '{2.1 - step / 300:.4f}', 'grad_norm': '0.8', 'epoch': '{step / 1200:.3f}'}}\n"
    f" {step * 100 // 1200:2d}%|██        | {step}/1200 [{step // 60:02d}:{step % 60:02d}<40:00,  2.00s/it]"
    for step in range(10, 241, 10)
)
START = """[2026-01-05 10:00:01,100] [INFO] [axolotl.utils.data.sft] Loading raw datasets...
[2026-01-05 10:00:03,100] [WARNING] [axolotl.utils.data.sft] Processing datasets during training
[2026-01-05 10:00:09,100] [INFO] [axolotl.loaders.model] loading model...
NCCL version 2.27.5+cuda12.9
UserWarning: barrier(): using the device under current context. The default will change.
[2026-01-05 10:00:19,100] [INFO] [axolotl.train] Starting trainer...
"""
DONE = """
{'train_runtime': '840.2', 'train_loss': '1.41', 'epoch': '1'}
[2026-01-05 10:14:20,100] [INFO] [axolotl.train] Training completed! Saving trained model to ./out.
[2026-01-05 10:14:31,100] [INFO] [axolotl.train] Model successfully saved to ./out
"""
KEY = """Traceback (most recent call last):
  File "/x/site-packages/axolotl/prompt_strategies/alpaca_chat.py", line 9, in parse
    return row["instruction"]
KeyError: 'instruction'
"""


def test_a_running_log_is_described_and_explained_by_nothing():
    found = diagnose(START + STEPS)
    assert not found.failed
    assert found.unknown is None
    assert found.matches == ()
    assert found.happened.startswith("Nothing failed: it is at step 240 of 1,200. The loss fell from 2.07 to 1.30.")
    assert found.phase == "training"
    assert (found.progress.step, found.progress.total_steps, found.progress.finished) == (240, 1200, False)


def test_a_finished_log_says_where_the_model_is():
    found = diagnose(START + STEPS + DONE)
    assert not found.failed
    assert headline(found).startswith("Nothing failed: training finished, and the model was saved to `./out`.")


def test_a_run_that_goes_on_after_a_caught_exception_has_not_failed():
    assert not diagnose(START + KEY + STEPS).failed
    found = diagnose(START + STEPS + "\n" + KEY)
    assert found.failed
    assert found.matches[0].id == "missing-column-alpaca"


def test_a_bar_that_is_printed_again_at_the_end_is_no_progress():
    last = " 20%|██        | 240/1200 [04:00<16:00,  1.00s/it]"
    found = diagnose(f"{STEPS}\n{KEY}{last}\n")
    assert found.failed
    assert found.step == 240


def test_a_run_whose_numbers_are_lost_did_not_stop():
    lines = "".join(f"{{'loss': 0.0, 'grad_norm': 0.0, 'learning_rate': 1e-4, 'epoch': 0.{n}}}\n" for n in range(1, 6))
    found = diagnose(lines)
    assert found.failed
    assert found.happened == "Nothing stopped it: it is training, but its numbers are lost."
    assert diagnose(f"{lines}Killed\n").happened == "It failed while training."


@pytest.mark.parametrize(
    "text",
    [
        "I want to fine-tune a 7B model on 24 GB with QLoRA, will I run out of memory?",
        "Which learning rate is recommended for LoRA?",
        "How long does it take to train 10,000 rows on an A100?",
    ],
)
def test_a_plan_is_no_failure(text):
    found = diagnose(text)
    assert not found.failed
    assert found.unknown is None
    assert all(match.harmless for match in found.matches)


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        ('File "/x/axolotl/utils/schemas/validation.py", line 3, in check\nValueError: x', "loading the config"),
        ('File "/x/axolotl/loaders/tokenizer.py", line 3, in load_tokenizer\nValueError: x', "loading the tokenizer"),
        ('File "/x/axolotl/utils/data/sft.py", line 3, in prepare_datasets\nKeyError: 1', "preparing the dataset"),
        ('File "/x/axolotl/loaders/model.py", line 1, in _build_model\nValueError: x', "loading the model"),
        ('File "/x/transformers/trainer.py", line 3, in evaluation_loop\nValueError: x', "evaluating"),
        ('File "/x/transformers/trainer.py", line 3, in _save_checkpoint\nValueError: x', "saving"),
        ('File "/x/transformers/trainer.py", line 3, in push_to_hub\nValueError: x', "pushing to the Hub"),
        ('File "/x/axolotl/cli/merge_lora.py", line 3, in do_merge_lora\nValueError: x', "merging the adapter"),
        ('File "/x/llama.cpp/convert_hf_to_gguf.py", line 3, in main\nValueError: x', "converting the model"),
        ('File "/x/site-packages/vllm/entrypoints/llm.py", line 3, in f\nValueError: x', "serving with vLLM"),
    ],
)  # fmt: skip
def test_the_phase_is_read_from_the_frames(text, phase):
    found = diagnose(f"Traceback (most recent call last):\n  {text}\n")
    assert found.phase == phase
    assert found.happened == f"It failed while {phase}."


def test_the_first_step_is_told_from_a_later_one():
    frame = 'Traceback (most recent call last):\n  File "/x/t.py", line 3, in training_step\nRuntimeError: odd\n'
    assert diagnose("  0%|          | 0/370 [00:00<?, ?it/s]\n" + frame).phase == "taking the first step"
    assert (
        diagnose("  3%|▎         | 12/370 [00:09<1:00, 1.2it/s]\n" + frame).happened == "It failed at step 12 of 370."
    )


def test_the_first_rank_counts_and_the_rest_follows():
    text = "\n".join(
        [
            "[rank3]: Traceback (most recent call last):",
            '[rank3]:   File "/x/site-packages/axolotl/prompt_strategies/chat.py", line 3, in f',
            "[rank3]: KeyError: 'messages'",
            "[rank1]: Traceback (most recent call last):",
            '[rank1]:   File "/x/site-packages/torch/distributed/distributed_c10d.py", line 3, in barrier',
            "[rank1]: torch.distributed.DistBackendError: store->get() got error: Connection reset by peer",
            "[rank1]:[E105 10:00:00 ProcessGroupNCCL.cpp:616] Watchdog caught collective operation timeout",
            "Traceback (most recent call last):",
            '  File "/x/site-packages/accelerate/commands/launch.py", line 900, in multi_gpu_launcher',
            "subprocess.CalledProcessError: Command '['python']' returned non-zero exit status 1.",
        ]
    )
    found = diagnose(text)
    assert (found.error.type, found.error.rank) == ("KeyError", 3)
    assert found.matches[0].id == "missing-column-chat"
    assert found.unknown is None
    assert [follow.line for follow in found.follows] == [6, 7, 10]


# -- whole words, one message ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "RuntimeError: the bloom model on this GPU is odd",  # not OOM
        "NCCL version 2.27.5\nRuntimeError: the default will change",  # not "hang"
        "RuntimeError: Reducing block sizes of the dataloader",
        "FileNotFoundError: [Errno 2] No such file or directory: 'nvcc'",
    ],
)
def test_letters_inside_other_words_recognize_nothing(text):
    wrong = {"cuda-out-of-memory", "nccl-timeout", "hangs", "deepspeed-config-file-missing"}
    assert not wrong & {match.id for match in diagnose(text).matches}


def test_phrases_of_two_messages_make_no_condition():
    apart = "\n".join(
        [
            "[2026-01-05 10:00:01,100] [INFO] [axolotl.x] flash_attn 2.8.3 found",
            *(f"[2026-01-05 10:00:02,{n:03}] [INFO] [axolotl.x] step {n}" for n in range(20)),
            "ImportError: /x/other_package.so: undefined symbol: _ZN3abc",
        ]
    )
    assert diagnose(apart).matches[0].id != "flash-attn-abi"


def test_a_match_names_the_lines_that_it_rests_on():
    text = (
        "Traceback (most recent call last):\n"
        '  File "/x/site-packages/flash_attn/interface.py", line 3, in <module>\n'
        "ImportError: /x/flash_attn_2_cuda.so: undefined symbol: _ZN3c10"
    )
    assert 3 in diagnose(text).matches[0].lines


def test_a_log_on_one_line_is_read():
    text = (
        "  0%|          | 0/370 [00:03<?, ?it/s] Traceback (most recent call last):   "
        'File "/x/site-packages/axolotl/train.py", line 3, in train     trainer.train()   '
        'File "/x/site-packages/torch/nn/x.py", line 9, in forward     return f(x) '
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 3.91 GiB."
    )
    found = diagnose(text)
    assert found.matches[0].id == "cuda-out-of-memory"
    assert found.error.file.startswith("axolotl/train.py")
    assert found.step == 0
    alone = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 3.91 GiB.   0%|     | 0/370 [00:03<?, ?it/s]"
    assert diagnose(alone).matches[0].id == "cuda-out-of-memory"


# -- cures ----------------------------------------------------------------------------------------------------------


def test_the_cure_fits_the_phase():
    text = (
        "Loading checkpoint shards:  50%|█████     | 2/4 [00:09<00:09,  4.5s/it]\nTraceback (most recent call last):\n"
        '  File "/x/site-packages/transformers/modeling_utils.py", line 3, in from_pretrained\n'
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 3.91 GiB."
    )
    cure = diagnose(text).matches[0].cure
    assert "micro_batch_size" not in cure
    assert "load_in_4bit: true" in cure


def test_what_the_config_already_has_is_not_proposed():
    text = "[rank1] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=4) ran for 1800000 milliseconds"
    assert "ddp_timeout: 7200" in diagnose(text).matches[0].cure
    config = "base_model: a/b\nddp_timeout: 14400\nlearning_rate: 0.0002\nmicro_batch_size: 1\n"
    assert "ddp_timeout: 7200" not in diagnose(text, config=config).matches[0].cure


def test_an_unknown_error_tells_what_was_recognized():
    text = (
        "axolotl==0.12.2\nNVIDIA A100\nTraceback (most recent call last):\n"
        '  File "/x/site-packages/odd/core.py", line 7, in spin\nodd.OddError: the wheel is not round'
    )
    found = diagnose(text)
    said = " ".join(found.unknown.recognized)
    assert "odd/core.py:7 spin" in said
    assert "axolotl 0.12.2" in said
    assert "Your Axolotl 0.12.2 is older than" in found.matches[0].meaning
    assert "A100" in said


# -- metric lines ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "{'loss': 0.5811, 'grad_norm': 1.156, 'learning_rate': 7.692e-05, 'epoch': 0.9}",
        "{'loss': '0.5811', 'grad_norm': '1.156', 'learning_rate': '7.692e-05', 'epoch': '0.9'}",
        "[rank0]:  3%|▎   | 12/400 [00:32<17:12]{'loss': '0.5811', 'learning_rate': '7.692e-05', 'epoch': '0.9'}",
        "\x1b[A 3%|▎   | 12/400 [00:32<17:12]\r{'loss': '0.5811', 'learning_rate': '7.692e-05', 'epoch': '0.9'}\r",
        '{"loss": 0.5811, "learning_rate": 7.692e-05, "epoch": 0.9}',
    ],
)
def test_metric_lines_are_read_in_every_form(line):
    (reading,) = readings("before\n" + line + "\nafter")
    assert reading.line == 2
    assert reading.kind == "training"
    assert reading.values["loss"] == 0.5811
    assert reading.values["learning_rate"] == 7.692e-05


def test_nan_stays_nan_and_kinds_are_told_apart():
    found = readings(
        "{'loss': nan, 'epoch': 1}\n{'eval_loss': 'nan', 'epoch': '1'}\n{'train_runtime': '3', 'epoch': '1'}"
    )
    assert math.isnan(found[0].values["loss"])
    assert [each.kind for each in found] == ["training", "evaluation", "summary"]


@pytest.mark.parametrize("kept", ["nan", "0"])
def test_lost_numbers_are_no_healthy_run(kept):
    lines = "\n".join(f"{{'loss': '{kept}', 'grad_norm': 'nan', 'epoch': '{step}'}}" for step in range(30))
    found = diagnose(START + lines + DONE)
    assert found.failed
    assert found.matches[0].id in ("loss-nan", "loss-zero")


@pytest.mark.parametrize("piece", ["1%|", "{'loss'", "{'loss': '", "a: 1%| 1/2 [", "Saving ", "100%|#|1/1 [0:0"])
def test_hostile_bars_and_metrics_take_linear_time(piece):
    text = (piece * (200_000 // len(piece) + 1))[:200_000]
    start = time.process_time()
    readings(text)
    assert time.process_time() - start < 1.0


def test_a_sentence_below_a_short_log_is_what_somebody_asks_about():
    metrics = "{'loss': 15.3, 'grad_norm': 412.7, 'learning_rate': 2e-05, 'epoch': 0.01}\n"
    assert diagnose(metrics).matches == ()
    diagnosis = diagnose(metrics + "the loss starts at 15 instead of about 1.5")
    assert not diagnosis.failed
    assert diagnosis.matches[0].id == "loss-far-too-high"


def test_a_process_that_the_watchdog_ended_is_lost_whatever_the_others_still_print():
    lost = "[Rank 3] Watchdog caught collective operation timeout: WorkNCCL(SeqNum=3) ran for 1800021 milliseconds"
    assert diagnose(f"{lost}\n{{'eval_loss': 1.31, 'eval_runtime': 900.1, 'epoch': 1.0}}").failed


def test_a_rules_phrase_counts_only_as_whole_words():
    text = "triton.runtime.errors.OutOfResources: out of resource: shared memory. Reducing block sizes may help."
    assert diagnose(text).matches[0].id == "triton-shared-memory"


def test_an_exception_is_known_by_the_module_of_its_class():
    diagnosis = diagnose("pyarrow.lib.ArrowInvalid: Parquet magic bytes not found in footer.")
    assert diagnosis.failed
    assert diagnosis.error.type == "pyarrow.lib.ArrowInvalid"


@pytest.mark.parametrize(
    "end",
    [
        "Killed",
        "./run.sh: line 3:  4312 Killed                  python -m axolotl.cli.train config.yml",
        "[1]    4312 killed     axolotl train config.yml",
    ],
)
def test_a_shell_that_reports_a_killed_process_tells_of_a_failure(end):
    begin = "[2026-11-20 10:11:12,345] [INFO] [axolotl.cli.train:55] [PID:431] [RANK:0] Starting\n"
    steps = "".join(f"{{'loss': 1.{9 - n}, 'grad_norm': 0.5, 'learning_rate': 1e-4}}\n" for n in range(8))
    found = diagnose(f"{begin}{steps}{end}\n")
    assert found.failed
    assert found.stopped
    assert "main memory" in found.matches[0].meaning


@pytest.mark.parametrize(
    "text",
    [
        "ImportError: Using `bitsandbytes` 4-bit quantization requires it: `pip install -U bitsandbytes`\n",
        "ConnectionError: The vLLM server can't be reached. Make sure it is running by running `trl vllm-serve`.\n",
    ],
)
def test_a_command_that_an_exception_advises_is_not_what_was_running(text):
    assert diagnose(text).happened == ""


def test_a_bar_that_is_printed_once_more_after_the_error_shows_no_progress():
    text = "AttributeError: 'AdamW' object has no attribute 'train'\n  0%|          | 0/3 [00:00<?, ?it/s]"
    assert diagnose(text).failed
    again = START + STEPS + "\n" + KEY + " 20%|██        | 240/1200 [08:00<32:00,  2.00s/it]\n"
    assert diagnose(again).failed


def test_an_error_that_was_caught_before_the_steps_went_on_is_no_failure():
    assert not diagnose(START + KEY + STEPS).failed
