"""What Axolotl changes in the raw values before typing, each under the name of the check that does it.

The order of the checks is a fact (facts/order.json); a check early in the order does not see a later change.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

LEGACY_ATTENTION = {
    "xformers_attention": "xformers",
    "sage_attention": "sage",
    "flex_attention": "flex_attention",
    "flash_attention": "flash_attention_2",
    "sdp_attention": "sdpa",
    "eager_attention": "eager",
}
LORA_KERNELS = ("lora_mlp_kernel", "lora_qkv_kernel", "lora_o_kernel", "lora_embedding_kernel")


class Values(Protocol):
    """The raw root values as they stand at one step."""

    gpus: int
    plugins: frozenset[str]

    def get(self, key: str) -> Any:
        """The value of a root key, None when absent."""

    def has(self, key: str) -> bool:
        """Whether the root key is there."""

    def set(self, key: str, value: Any) -> None:
        """Change a root key at this step."""

    def drop(self, key: str) -> None:
        """Remove a root key at this step."""


Change = Callable[[Values], None]
CHANGES: dict[str, list[tuple[str, Change]]] = {}
"""Root key -> the changes that may happen when it is there, as (step, change). "" for those that always may."""


def changes_at(step: str, *keys: str) -> Callable[[Change], Change]:
    """Register a change: the check that does it, and the root keys of which one has to be there."""

    def register(change: Change) -> Change:
        for key in keys or ("",):
            CHANGES.setdefault(key, []).append((step, change))
        return change

    return register


@changes_at("migrate_gc_steps", "gc_steps")
def _gc_steps(now: Values) -> None:
    steps = now.get("gc_steps")
    if not isinstance(steps, (int, float)) or now.get("torch_empty_cache_steps") is not None:
        return
    if now.get("gc_collect_steps") is None:
        if steps > 0:
            now.set("torch_empty_cache_steps", steps)
        now.set("gc_collect_steps", steps)


@changes_at("default_dataset_num_proc", "dataset_processes")
def _processes(now: Values) -> None:
    if now.get("dataset_processes") is not None:
        if now.get("dataset_num_proc") is None:
            now.set("dataset_num_proc", now.get("dataset_processes"))
        now.drop("dataset_processes")


@changes_at("default_dataloader_opts")
def _dataloader(now: Values) -> None:
    names = ("dataloader_num_workers", "dataloader_pin_memory", "dataloader_prefetch_factor")
    if all(now.get(name) is None for name in names):
        for name, value in zip(names, (now.gpus, True, 256), strict=True):
            now.set(name, value)


@changes_at("check_torch_compile_auto", "torch_compile")
def _compile_auto(now: Values) -> None:
    if now.get("torch_compile") == "auto":
        now.set("torch_compile", True)


@changes_at("check_auto_enable_lora_kernels", "adapter")
def _lora_kernels(now: Values) -> None:
    if lora_kernels_switch_on(now.get):
        for name in LORA_KERNELS:
            now.set(name, True)


def lora_kernels_switch_on(get: Callable[[str], Any]) -> bool:
    """Whether Axolotl turns the four LoRA kernels on by itself, as far as the config alone decides it."""
    adapter = get("adapter")
    if adapter not in ("lora", "qlora") or get("rl") or get("nvfp4_merge_aware") or get("trust_remote_code"):
        return False
    if any(get(name) is not None for name in LORA_KERNELS):
        return False
    return not (adapter == "lora" and get("load_in_8bit"))


@changes_at("normalize_attn_implementation", "gemma4_hybrid_attn_impl", *LEGACY_ATTENTION)
def _attention(now: Values) -> None:
    flags = [name for name in LEGACY_ATTENTION if now.get(name)]
    if now.get("gemma4_hybrid_attn_impl") and not now.get("attn_implementation") and not flags:
        now.set("attn_implementation", "flash_attention_2")
    elif flags and not now.get("attn_implementation"):
        now.set("attn_implementation", LEGACY_ATTENTION[flags[0]])
    for name in LEGACY_ATTENTION:
        if now.has(name):
            now.drop(name)


@changes_at("validate_lora_dropout", "adapter")
def _dropout(now: Values) -> None:
    if now.get("adapter") is not None and now.get("lora_dropout") is None:
        now.set("lora_dropout", 0.0)


@changes_at("check_wandb_run", "wandb_run_id")
def _wandb_name(now: Values) -> None:
    if now.get("wandb_run_id") and not now.get("wandb_name"):
        now.set("wandb_name", now.get("wandb_run_id"))


@changes_at("sync_context_parallel_size", "context_parallel", "context_parallel_size", "sequence_parallel_degree")
def _context_parallel(now: Values) -> None:
    block = now.get("context_parallel") or {}
    if not isinstance(block, dict):
        return
    size = block.get("size")
    if size is None:
        size = now.get("context_parallel_size")
    if size is None:
        size = now.get("sequence_parallel_degree")
    if size is not None:
        now.set("context_parallel_size", size)
        now.set("context_parallel", {**block, "size": size})


@changes_at("check_mm_prepare", "skip_prepare_dataset")
def _skip_prepare(now: Values) -> None:
    if now.get("skip_prepare_dataset") and now.get("remove_unused_columns") is None:
        now.set("remove_unused_columns", False)


@changes_at("check_eval_packing", "sample_packing")
def _eval_packing(now: Values) -> None:
    if not now.get("sample_packing"):
        return
    if now.get("eval_sample_packing") is None and not now.get("eval_table_size"):
        now.set("eval_sample_packing", True)
    if now.get("eval_sample_packing") is False and now.get("remove_unused_columns") is None:
        now.set("remove_unused_columns", False)


@changes_at("check_test_datasets_bench", "do_bench_eval")
def _bench(now: Values) -> None:
    if now.get("do_bench_eval") and not now.get("test_datasets") and not now.get("val_set_size"):
        now.set("test_datasets", [{"path": "axolotl-ai-co/empty-test-ds"}])


@changes_at("check_tokenizer_use_mistral_common")
def _mistral_common(now: Values) -> None:
    if now.get("tokenizer_use_mistral_common") is not None:
        return
    names = (now.get(key) for key in ("tokenizer_config", "base_model_config", "base_model"))
    if any(isinstance(name, str) and "magistral" in name.lower() for name in names):
        now.set("tokenizer_use_mistral_common", True)


@changes_at("check_multipack_buffer_size", "pretrain_multipack_buffer_size")
def _multipack_buffer(now: Values) -> None:
    if now.get("pretrain_multipack_buffer_size") and not now.get("streaming_multipack_buffer_size"):
        now.set("streaming_multipack_buffer_size", now.get("pretrain_multipack_buffer_size"))
        now.drop("pretrain_multipack_buffer_size")


@changes_at("check_neftune", "noisy_embedding_alpha")
def _neftune(now: Values) -> None:
    if now.get("noisy_embedding_alpha") and not now.get("neftune_noise_alpha"):
        now.set("neftune_noise_alpha", now.get("noisy_embedding_alpha"))
        now.drop("noisy_embedding_alpha")


@changes_at("check_eval_strategy", "evaluation_strategy")
def _eval_strategy(now: Values) -> None:
    if now.get("evaluation_strategy") is not None and now.get("eval_strategy") is None:
        now.set("eval_strategy", now.get("evaluation_strategy"))


@changes_at("set_reward_model_defaults", "reward_model", "process_reward_model")
def _reward_defaults(now: Values) -> None:
    for name, labels, kind in (
        ("reward_model", 1, "AutoModelForSequenceClassification"),
        ("process_reward_model", 2, "AutoModelForTokenClassification"),
    ):
        if now.get(name):
            if now.get("num_labels") is None:
                now.set("num_labels", labels)
            if not (now.get("type_of_model") or now.get("model_type")):
                now.set("model_type", kind)


@changes_at("hint_reward_model_pad", "reward_model")
def _reward_padding(now: Values) -> None:
    if now.get("reward_model") and now.get("pad_to_sequence_len") is None:
        now.set("pad_to_sequence_len", True)


@changes_at("hint_sample_packing_padding", "sample_packing")
def _packing_padding(now: Values) -> None:
    if now.get("sample_packing") and now.get("pad_to_sequence_len") is None:
        now.set("pad_to_sequence_len", True)


@changes_at("check_fsdp_config_kwargs_prefix", "fsdp_config")
def _fsdp_prefix(now: Values) -> None:
    block = now.get("fsdp_config")
    if not isinstance(block, dict):
        return
    prefixed = [key for key in block if isinstance(key, str) and key.startswith("fsdp_") and key != "fsdp_version"]
    if prefixed:
        now.set("fsdp_config", {(key.replace("fsdp_", "") if key in prefixed else key): block[key] for key in block})


@changes_at("check_fsdp_version_in_fsdp_config", "fsdp_config", "fsdp_version")
def _fsdp_version(now: Values) -> None:
    block = now.get("fsdp_config") or {}
    version = now.get("fsdp_version")
    if not isinstance(block, dict) or not block:
        return
    block = dict(block)
    if not version and block.get("version"):
        version = block["fsdp_version"] = block.pop("version")
    elif not version:
        version = block.get("fsdp_version")
    if not version:
        version = 2
    if not block.get("fsdp_version"):
        block["fsdp_version"] = version
    now.set("fsdp_config", block)
    now.set("fsdp_version", version)


@changes_at("check_qgalore", "optimizer")
def _qgalore_targets(now: Values) -> None:
    if now.get("optimizer") == "q_galore_adamw8bit" and now.get("optim_target_modules") is None:
        now.set("optim_target_modules", ["attn", "mlp"])


@changes_at("check_chat_template_config", "chat_template_jinja")
def _jinja(now: Values) -> None:
    if now.get("chat_template_jinja") and not now.get("chat_template"):
        now.set("chat_template", "jinja")


@changes_at("check_pretraining_split_batches_accelerate", "pretraining_dataset")
def _split_batches(now: Values) -> None:
    if not now.get("pretraining_dataset"):
        return
    block = now.get("accelerator_config") or {}
    if isinstance(block, dict):
        missing = {key: False for key in ("split_batches", "dispatch_batches") if block.get(key) is None}
        now.set("accelerator_config", {**block, **missing})
