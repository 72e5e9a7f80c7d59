"""Names and descriptions of commands and their options, as Discord shows them while somebody types."""

CHECK = "Check an Axolotl config: what is refused, ignored, or not as you mean"
CHECK_FILE = "Your config (.yml, .yaml, .txt); leave it out to paste the text"
CHECK_GPUS = "How many GPUs the run has, all machines together"
CHECK_DATASET = "Some rows of your dataset (.jsonl, .json, .csv, .parquet), to check them against the config"
CHECK_VERSION = "The Axolotl release that you run, if it is an older one"
CHECK_MESSAGE = "Check message"

EXPLAIN = "What a config field, a concept or a rule means, and what turning it does"
EXPLAIN_FIELD = "Type a few letters of the field or idea"

BATCH = "The effective batch, and how to keep it on another number of GPUs"
BATCH_MICRO = "micro_batch_size: rows that one GPU takes at a time"
BATCH_ACCUMULATION = "gradient_accumulation_steps: micro batches that are added up for one step"
BATCH_GPUS = "How many GPUs the run has"
BATCH_TARGET = "The batch you want; without it the guide's 150 for learning facts"

COMPARE = "What differs between two configs, and what that does to the run"
COMPARE_A = "The first config"
COMPARE_B = "The second config"

RULES = "Which rules speak in this server"
MUTE = "Keep a rule quiet in this server"
MUTE_RULE = "The rule"
MUTE_REASON = "Why; members read it under their answers"
MUTE_DAYS = "For how many days; without it until it is unmuted"
UNMUTE = "Let a muted rule speak again"
MUTED = "The rules that are muted here"
REPORTS = "Reports of wrong advice that wait for a decision"

ABOUT = "What this bot does, what it stores, and which Axolotl it speaks for"
HELP = "How to use this bot, with examples"

PASTE_TITLE = "Check a config"
PASTE_TEXT = "Paste the YAML"
PASTE_MORE = "Its rest, if it is over 4,000 characters"
PASTE_FILE = "Or choose a file"
PASTE_GPUS = "GPUs"
