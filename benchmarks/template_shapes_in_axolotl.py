"""What Axolotl's own code renders of conversations; to be run by an interpreter that has Axolotl.

Reads JSON lines with `template`, `messages` and perhaps `tools`, and answers each with `text`, or with the `error` that
rendering or tokenizing raises.
"""

from __future__ import annotations

import json
import os
import sys
from functools import lru_cache
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", AXOLOTL_DO_NOT_TRACK="1", DO_NOT_TRACK="1")


@lru_cache
def tokenizer() -> Any:
    """A tokenizer that knows nothing but its start and end tokens."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel({"<unk>": 0, "<s>": 1, "</s>": 2}, unk_token="<unk>"))  # noqa: S106
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    return PreTrainedTokenizerFast(tokenizer_object=words, **special)


@lru_cache
def strategy(name: str) -> Any:
    """How Axolotl reads conversations with a built-in template."""
    from axolotl.prompt_strategies.chat_template import ChatTemplatePrompter, ChatTemplateStrategy
    from axolotl.utils.chat_templates import get_chat_template

    keys = {"role": "role", "content": "content"}
    prompter = ChatTemplatePrompter(
        tokenizer(),
        chat_template=get_chat_template(name),
        field_messages="messages",
        message_property_mappings=keys,
    )
    return ChatTemplateStrategy(
        prompter, tokenizer=tokenizer(), train_on_inputs=False, sequence_len=4096, roles_to_train=["assistant"]
    )


def rendered(line: dict[str, Any]) -> dict[str, str]:
    """The text of one conversation, or why there is none."""
    reads = strategy(line.pop("template"))
    try:
        turns, tools = reads.get_conversation_thread(line), reads._get_tools(line)  # noqa: SLF001 - as Axolotl does
        template = reads.prompter.chat_template
        text = tokenizer().apply_chat_template(turns, tools=tools, chat_template=template, tokenize=False)
        reads._tokenize_single_prompt(line)  # noqa: SLF001
    except Exception as error:  # noqa: BLE001 - whatever is raised is the answer
        return {"error": f"{type(error).__name__}: {error}"[:300]}
    return {"text": text}


def main() -> None:
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        out.write(json.dumps(rendered(json.loads(line))) + "\n")


if __name__ == "__main__":
    main()
