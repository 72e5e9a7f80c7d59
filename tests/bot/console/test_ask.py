"""`helpbot ask` and `helpbot faq`."""

import json

from bot.cli import main


def test_json_has_the_level_and_the_topics(capsys):
    assert main(["ask", "how do I resume an interrupted run?", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["level"] == "sure"
    assert found["answers"][0]["kind"] == "faq"
    assert found["answers"][0]["id"] == "resume"
    assert set(found["answers"][0]) == {"kind", "id", "title", "text"}


def test_what_is_not_known_says_how_to_go_on(capsys):
    assert main(["ask", "what do you think of bananas"]) == 1
    assert "helpbot check CONFIG" in capsys.readouterr().out


def test_arithmetic_alone_is_not_followed_by_an_offer_of_nothing(capsys):
    assert main(["ask", "can i finetune 405B"]) == 0
    said = capsys.readouterr().out
    assert "405B model" in said
    assert "One of these" not in said


def test_the_faq_is_listed_and_read(capsys):
    assert main(["faq"]) == 0
    assert "how-much-data" in capsys.readouterr().out
    assert main(["faq", "resume"]) == 0
    assert "resume_from_checkpoint" in capsys.readouterr().out


def test_export_without_a_server_says_what_is_missing(capsys):
    assert main(["faq", "export", "faq.yaml"]) == 2
    assert "--guild" in capsys.readouterr().err


def test_explain_leads_a_misspelt_name_to_what_was_meant(capsys):
    assert main(["explain", "packng"]) == 1
    assert "sample_packing" in capsys.readouterr().out
