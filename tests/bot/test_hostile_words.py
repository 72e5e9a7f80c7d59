"""No words that are typed at the newer commands take long, whatever they repeat."""

from functools import partial

from bot import jobs
from knowledge.explanation import explain
from knowledge.gpus import suggest
from knowledge.search import answer
from tests.knowledge.test_hostile import within_bound
from tests.many import over

LENGTH = 200_000
SURFACES = {
    "a model's name": lambda text: jobs.support(name=text),
    "a model to write for": lambda text: jobs.new(text),
    "a config to write like": lambda text: jobs.new("Qwen/Qwen3-8B", like=text),
    "rows to write for": lambda text: jobs.new("Qwen/Qwen3-8B", dataset=("a.jsonl", text.encode("utf-8", "replace"))),
    "a question": answer,
    "a name to explain": explain,
    "a list of packages": lambda text: jobs.versions(text=text),
    "the numbers of a run": lambda text: jobs.health(text=text, draw=False),
    "a config to run": lambda text: jobs.steps(text=text, name="a.yaml"),
    "rows": lambda text: jobs.rows(dataset=text.encode("utf-8", "replace"), dataset_name="a.json"),
    "two configs": lambda text: jobs.compare(text, text[::-1]),
    "a message": lambda text: jobs.recognize(text=text),
    "a card": suggest,
}
REPEATED = (
    *("0", "``", "&a [*a]", "torch==2.0\n", "password: key=", "\x00\ufeff", "{'loss': nan", "\x1b[31m"),
    *("{'loss': 1.0, 'epoch': 0.1, 'learning_rate': 1e-4}\n", "rank0: datasets:\n", '{"a":', "why is "),
)


@over(SURFACES)
def test_the_worst_words_are_answered_within_a_second_wherever_they_are_typed(surface):
    work = SURFACES[surface]
    work("base_model: a/b\n")
    for unit in REPEATED:
        text = unit * (LENGTH // len(unit))
        assert within_bound(partial(work, text)), (surface, unit)


def test_a_number_with_two_points_in_a_run_is_passed_over():
    line = "{'loss': 1.5, 'epoch': 0.1}\n"
    assert jobs.health(text=line * 9 + "{'loss': '0.000.00', 'epoch': 0.2}\n", draw=False) is not None
