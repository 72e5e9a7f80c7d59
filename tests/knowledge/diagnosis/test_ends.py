"""Each phase of a run with each way to end: a failure is named with its phase, what goes on or finished is healthy."""

import pytest

from knowledge.diagnosis import diagnose

AT = "[2026-11-20 10:11:12,345] [INFO] "
CONFIG = (
    AT + '[axolotl.cli.config:55] [PID:431] [RANK:0] config:\n{\n  "base_model": "x/y",\n  "sequence_len": 2048\n}\n'
)
TOKENIZING = (
    CONFIG
    + AT
    + "[axolotl.utils.data.sft:1] [PID:431] Loading raw datasets...\n"
    + "Tokenizing Prompts (num_proc=8):  40%|████      | 800/2000 [00:02<00:03, 401.11 examples/s]\n"
)
LOADING = (
    TOKENIZING.replace("40%|████      | 800/2000", "100%|██████████| 2000/2000")
    + AT
    + "[axolotl.loaders.model:10] [PID:431] Loading model\n"
    + "Loading checkpoint shards:  50%|█████     | 2/4 [00:10<00:10, 5.01s/it]\n"
)
LOADED = LOADING + "Loading checkpoint shards: 100%|██████████| 4/4 [00:20<00:00, 5.01s/it]\n"
STARTED = LOADED + AT + "[axolotl.train:178] [PID:431] [RANK:0] Starting trainer...\n"
BAR = " 30%|██        | {}/400 [02:00<10:00,  1.00s/it]\n"
TRAINING = STARTED + "".join(
    f"{{'loss': '{2 - step / 200:.3f}', 'grad_norm': '0.5', 'epoch': '{step / 400:.2f}'}}\n" + BAR.format(step)
    for step in range(10, 121, 10)
)
EVALUATING = TRAINING + " 50%|█████     | 20/40 [00:10<00:10, 2.00it/s]\n"
SAVING = TRAINING + AT + "[axolotl.core.trainers.base:700] [PID:431] Saving model checkpoint to ./out/checkpoint-120\n"
FINISHED = (
    TRAINING
    + "{'train_runtime': '400.1', 'train_loss': '1.5', 'epoch': '1.0'}\n"
    + AT
    + "[axolotl.train:250] [PID:431] Training completed! Saving trained model to ./out.\n"
    + AT
    + "[axolotl.train:252] [PID:431] Model successfully saved to ./out\n"
)
OOM = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.69 GiB."
REPORT = (
    "E1120 10:15:00.1 431 torch/distributed/elastic/multiprocessing/api.py:874] failed (exitcode: 1) local_rank: 0\n"
    "torch.distributed.elastic.multiprocessing.errors.ChildFailedError:\n"
)
STEP = (("transformers/trainer.py", "_inner_training_loop"), ("transformers/trainer.py", "training_step"))


def raised(error, *frames):
    lines = [f'  File "/x/site-packages/{file}", line 9, in {function}' for file, function in frames]
    return "\n".join(["Traceback (most recent call last):", *lines, error, ""])


INTERRUPTED = "^C" + raised("KeyboardInterrupt", *STEP)
CANCELED = "slurmstepd: error: *** JOB 1 ON n1 CANCELLED AT 2026-11-20T12:00:00 DUE TO {} ***\n"
FAILED = [
    ("config", raised("FileNotFoundError: 'c.yml'", ("axolotl/cli/config.py", "load_cfg")), "loading the config"),
    ("row", TOKENIZING + raised("KeyError: 'x'", ("axolotl/prompt_tokenizers.py", "tokenize_prompt")), "preparing"),
    ("tokenizing-killed", TOKENIZING + "Killed\n", "preparing"),
    ("tokenizing-exit-137", TOKENIZING + "Process finished with exit code 137\n", "preparing"),
    ("loading-memory", LOADING + raised(OOM, ("axolotl/loaders/model.py", "_load_model")), "loading the model"),
    ("loading-killed", LOADING + "Killed\n", "loading the model"),
    ("building", LOADED + raised("TypeError: x", ("axolotl/core/builders/causal.py", "build")), "building the trainer"),
    ("first-step", STARTED + BAR.format(0) + raised(OOM, *STEP) + BAR.format(0), "first step"),
    ("step-memory", TRAINING + raised(OOM, *STEP) + BAR.format(120) + REPORT, "step 120 of 400"),
    ("step-killed", TRAINING + "Killed\n", "step 120 of 400"),
    ("step-killed-by-shell", TRAINING + "./run.sh: line 3:  431 Killed     axolotl train c.yml\n", "step 120"),
    (
        "step-signal",
        TRAINING + "subprocess.CalledProcessError: Command 'x' died with <Signals.SIGKILL: 9>.\n",
        "step 120",
    ),
    ("step-time-limit", TRAINING + CANCELED.format("TIME LIMIT"), "step 120"),
    ("step-preempted", TRAINING + CANCELED.format("PREEMPTION"), "step 120"),
    ("step-interrupted", TRAINING + INTERRUPTED, "step 120"),
    (
        "step-hang-up",
        TRAINING + "torch.distributed.elastic.multiprocessing.api.SignalException: got signal: 1\n",
        "120",
    ),
    ("step-notebook", TRAINING + "Your session crashed after using all available RAM.\n", "step 120"),
    ("step-cloud", TRAINING + "FunctionTimeoutError: Task's current input hit its timeout of 86400s\n", "step 120"),
    ("step-nccl", TRAINING + "[rank0]: Watchdog caught collective operation timeout: WorkNCCL(SeqNum=5)\n", "step 120"),
    ("evaluating-memory", EVALUATING + raised(OOM, ("transformers/trainer.py", "evaluation_loop")), "evaluating"),
    ("saving-disk", SAVING + raised("OSError: [Errno 28]", ("transformers/trainer.py", "_save_checkpoint")), "saving"),
    ("pushing", FINISHED + raised("HfHubHTTPError: 403", ("transformers/trainer.py", "push_to_hub")), "pushing"),
    ("merging", raised(OOM, ("axolotl/cli/merge_lora.py", "do_merge_lora")), "merging the adapter"),
    ("serving", raised("ValueError: x", ("vllm/v1/engine/core.py", "run_engine_core")), "serving with vLLM"),
]
DATASET_LINE = (
    AT + "[axolotl.cli.preprocess:93] [PID:431] Success! Preprocessed data path: `dataset_prepared_path: prepared`\n"
)
HEALTHY = [
    ("tokenizing", TOKENIZING, "the log ends while the run is preparing the dataset"),
    ("loading", LOADING, "the log ends while the run is loading the model"),
    ("waiting-for-the-first-step", STARTED + BAR.format(0), "at step 0 of 400"),
    ("training", TRAINING, "at step 120 of 400"),
    ("evaluating", EVALUATING, "at step 120 of 400"),
    ("saving", SAVING, "at step 120 of 400"),
    ("finished", FINISHED, "training finished, and the model was saved to `./out`"),
    ("stopped-early", TRAINING + "{'train_runtime': '9.1', 'train_loss': '1.5'}\n", "training finished"),
    ("leaked-semaphores", FINISHED + "resource_tracker: There appear to be 8 leaked semaphore objects\n", "finished"),
    ("group-not-destroyed", FINISHED + "Warning: destroy_process_group() was not called before exit\n", "finished"),
    ("tracker", FINISHED + "wandb: Run summary:\nwandb:   train/loss 1.4\n", "training finished"),
    ("tracker-retries", TRAINING + "wandb: Network error (ConnectionError), entering retry loop.\n", "at step 120"),
    (
        "caught",
        STARTED + raised("EntryNotFoundError: 404", ("x/hub.py", "f")) + TRAINING[len(STARTED) :],
        "at step 120",
    ),
    ("error-in-a-row", STARTED + AT + "[axolotl.x] user: Error: refused?\n" + TRAINING[len(STARTED) :], "at step 120"),
    ("preprocessed", TOKENIZING + DATASET_LINE, "the dataset was saved to `prepared`"),
    ("quantized", AT + "[axolotl.cli.quantize:128] Quantized model saved to: out/quantized.\n", "out/quantized"),
]


@pytest.mark.parametrize(("text", "phase"), [case[1:] for case in FAILED], ids=[case[0] for case in FAILED])
def test_what_failed_is_said_with_its_phase(text, phase):
    found = diagnose(text)
    assert found.failed
    assert found.stopped
    assert phase in found.happened


@pytest.mark.parametrize(("text", "says"), [case[1:] for case in HEALTHY], ids=[case[0] for case in HEALTHY])
def test_what_goes_on_or_finished_is_healthy(text, says):
    found = diagnose(text)
    assert not found.failed
    assert found.unknown is None
    assert found.happened.startswith("Nothing failed")
    assert says in found.happened


def test_lost_numbers_are_a_failure_that_stops_nothing():
    found = diagnose(TRAINING + "{'loss': 'nan', 'grad_norm': 'nan', 'epoch': '0.3'}\n" + BAR.format(130))
    assert found.failed
    assert not found.stopped
    assert found.happened == "Nothing stopped it: it is at step 130 of 400, but its numbers are lost."


def test_a_bar_that_came_to_its_end_is_not_where_a_run_failed():
    text = LOADED + raised("TypeError: x", ("axolotl/core/builders/causal.py", "build"))
    assert diagnose(text).happened == "It failed while building the trainer."
