"""Checks in processes of their own: a hang or a crash in one costs one check."""

import asyncio
import base64
import inspect
import json
import logging
import os
import re
import signal
import sys
import time
from pathlib import Path
from time import thread_time
from typing import get_type_hints

import pytest
from pydantic import TypeAdapter

from bot import jobs
from bot.errors import Busy
from bot.workers import GivenUp, WorkerDied, Workers
from knowledge import Report
from knowledge.check import checked, on_cards
from knowledge.json_values import to_json

CONFIG = "base_model: Qwen/Qwen2.5-0.5B\nmax_seq_length: 9\nmicro_batch_size: 2\ngradient_accumulation_steps: 4\n"


@pytest.fixture
def workers():
    found = Workers(1, 4, 20.0)
    yield found
    found.close()


def test_a_worker_knows_every_job_and_the_shape_of_its_answer():
    public = {
        name
        for name, value in vars(jobs).items()
        if inspect.isfunction(value) and value.__module__ == jobs.__name__ and not name.startswith("_")
    }
    assert public <= set(jobs.JOBS)
    for job in jobs.JOBS.values():
        TypeAdapter(get_type_hints(job)["return"])


async def test_a_report_comes_back_whole(workers):
    report = await workers.run(jobs.check, text=CONFIG, gpus=4)
    assert isinstance(report, Report)
    assert to_json(report) == to_json(on_cards(*checked(CONFIG, gpus=4)))
    assert report.plan is not None
    assert report.plan.batch is not None


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="the system has no such score")
async def test_where_memory_runs_out_a_worker_is_ended_before_the_bot(workers):
    await workers.run(jobs.check, text=CONFIG)
    scores = [_score(each._process.pid) for each in workers._all]
    assert scores
    assert min(scores) > _score("self")


def _score(process):
    return int(Path(f"/proc/{process}/oom_score_adj").read_text())


async def test_bytes_go_in_and_out(workers):
    rows = b'{"text": "caf\xc3\xa9"}\n'
    config = "base_model: x\ndatasets:\n  - path: r\n    type: completion\nlearning_rate: 1e-4\n"
    report = await workers.run(jobs.check, text=config, dataset=("rows.jsonl", rows))
    assert report.dataset is not None
    assert report.dataset.rows == 1
    curve = await workers.run(jobs.curve, text=CONFIG + "learning_rate: 1e-4\nmax_steps: 10\n")
    assert curve is not None
    assert curve.png.startswith(b"\x89PNG")


async def test_a_job_that_hangs_is_given_up_and_the_next_one_works(caplog):
    workers = Workers(1, 4, 20.0)
    try:
        await workers.run(jobs.ready)
        workers._seconds = 1.0
        process = next(iter(workers._all))._process
        os.kill(process.pid, signal.SIGSTOP)
        with caplog.at_level(logging.WARNING), pytest.raises(GivenUp, match="longer than 1 s"):
            await workers.run(jobs.check, text=CONFIG)
        assert "job given up" in caplog.text
        assert process.poll() is not None, "the stuck process is gone"
        workers._seconds = 20.0
        assert (await workers.run(jobs.check, text=CONFIG)).findings
    finally:
        workers.close()


async def test_a_killed_process_costs_one_job(workers):
    await workers.run(jobs.ready)
    next(iter(workers._all))._process.kill()
    with pytest.raises(WorkerDied):
        await workers.run(jobs.check, text=CONFIG)
    assert (await workers.run(jobs.check, text=CONFIG)).findings


async def test_a_full_queue_names_the_seconds_to_wait():
    workers = Workers(0, 1, 5.0)
    try:
        running = [asyncio.create_task(workers.run(jobs.check, text=CONFIG)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(Busy, match=r"Try again in \d+ s"):
            await workers.run(jobs.check, text=CONFIG)
        await asyncio.gather(*running)
        assert workers.waiting == 0
    finally:
        workers.close()


async def test_the_seconds_to_wait_do_not_count_the_waiting_of_others():
    waiting = 60
    workers = Workers(0, waiting, 5.0)
    try:
        for _ in range(2):  # the second time by what the first one took
            running = [asyncio.create_task(workers.run(_nap)) for _ in range(2 + waiting)]
            await asyncio.sleep(0)
            with pytest.raises(Busy) as busy:
                await workers.run(_nap)
            await asyncio.gather(*running)
        told = re.search(r"Try again in (\d+) s", str(busy.value))
        assert int(told[1]) <= 5
    finally:
        workers.close()


def _nap():
    time.sleep(0.02)


async def test_the_event_loop_goes_on_while_checks_run(workers):
    await workers.run(jobs.ready)
    big = "datasets:\n" + "  - path: a\n    type: alpaca\n" * 5000
    longest, ticks, last = 0.0, 0, thread_time()
    work = asyncio.gather(*[workers.run(jobs.check, text=big) for _ in range(3)])
    while not work.done():
        await asyncio.sleep(0.005)
        longest, ticks, last = max(longest, thread_time() - last), ticks + 1, thread_time()
    await work
    assert ticks > 10
    assert longest < 0.2, f"the loop itself worked for {longest:.2f} s"


async def test_a_worker_knows_no_token(monkeypatch, workers):
    monkeypatch.setenv("DISCORD_TOKEN", "secret-of-the-bot")
    monkeypatch.setenv("HELPBOT_DATABASE_URL", "postgresql://secret@host/x")
    await workers.run(jobs.ready)
    process = next(iter(workers._all))._process
    assert b"secret" not in environment_of(process.pid)


def environment_of(pid):
    file = Path(f"/proc/{pid}/environ")
    if not file.exists():
        pytest.skip("this system does not show a process's environment")
    return file.read_bytes()


def test_what_a_worker_raises_carries_no_values():
    import io

    from bot.worker import serve

    request = {"job": "check", "arguments": {"text": ["hf_secret"]}}
    out = io.BytesIO()
    serve(io.BytesIO(json.dumps(request).encode() + b"\n"), out)
    assert out.getvalue().startswith(b"failed ")
    assert b"hf_secret" not in out.getvalue()


def test_bytes_are_written_as_base64():
    from bot.worker import _decode

    assert _decode({"base64": base64.b64encode(b"\x00\xff").decode()}) == b"\x00\xff"
    assert _decode({"a": 1}) == {"a": 1}


def test_a_worker_ends_with_the_bot(tmp_path):
    import subprocess

    script = "import asyncio, os\nfrom bot.workers import Workers\nfrom bot import jobs\nw = Workers(1, 1, 20)\n"
    script += "asyncio.run(w.run(jobs.ready)); print(next(iter(w._all))._process.pid, flush=True); os._exit(0)\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    pid = int(done.stdout)
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{pid}/stat").exists() and ") Z " in Path(f"/proc/{pid}/stat").read_text():
            return
        import time

        time.sleep(0.05)
    pytest.fail("the worker outlived its bot")


def resident(process):
    """Kilobytes that a process holds."""
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1])


async def test_a_large_job_runs_in_a_child_that_leaves_nothing_behind(workers):
    large = CONFIG + "".join(f"unknown_{number}: 1\n" for number in range(20_000))
    assert len((await workers.run(jobs.check, text=large)).findings) > 100
    (process,) = (worker._process for worker in workers._all)
    held = resident(process)
    for _ in range(3):
        await workers.run(jobs.check, text=large)
    assert resident(process) < 1.1 * held
    assert process.poll() is None


async def test_no_short_job_waits_behind_a_large_one(workers):
    await workers.run(jobs.ready)
    large = asyncio.create_task(workers.run(jobs.look, name="a", text="wandb " + ("a1" * 20 + " ") * 100_000))
    await asyncio.sleep(0)
    await workers.run(jobs.check, text=CONFIG)
    assert not large.done()
    await large


async def test_a_large_job_that_hangs_ends_with_its_child(workers):
    await workers.run(jobs.look, name="a", text="a: 1\n" * 40_000)
    (worker,) = workers._all
    workers._seconds = 0.05
    with pytest.raises(GivenUp):
        await workers.run(jobs.look, name="a", text="wandb " + ("a1" * 20 + " ") * 100_000)
    assert worker._process.poll() is not None
    for _ in range(100):
        if not running_in_group(worker._process.pid):
            return
        await asyncio.sleep(0.05)
    pytest.fail("the child goes on without its worker")


def running_in_group(group):
    """The processes of a group that still run; one that has ended may stay listed until its parent looks at it."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _parent, of = file.read_text().rpartition(")")[2].split()[:3]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(of) == group and state not in "ZX":
            found.append(file.parent.name)
    return found
