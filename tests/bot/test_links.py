"""Links that are read like attachments: which addresses, and what a site may not make the bot do."""

import pytest
from pydantic import ValidationError
from yarl import URL

from bot.links import Links, PublicResolver, host_of, raw_of
from bot.settings import Settings


async def test_only_links_to_listed_hosts_count():
    links = Links(["gist.github.com", "paste.rs", "http://127.0.0.1:8000"])
    text = (
        "see https://paste.rs/abc.log, https://example.com/a.log http://paste.rs/abc https://paste.rs:444/x "
        "https://me:secret@paste.rs/y https://paste.rs.example.com/z http://127.0.0.1:8001/q https://[::1]/a "
        "```https://paste.rs/in-code```"
    )
    assert [str(each.url) for each in links.named_in(text)] == ["https://paste.rs/abc.log"]
    assert links.named_in("nothing here") == []
    many = " ".join(f"https://paste.rs/{number}" for number in range(9))
    assert len(links.named_in(many)) == 2
    await links.close()


@pytest.mark.parametrize(
    ("page", "raw"),
    [
        ("https://gist.github.com/ann/0a1b2c", "https://gist.github.com/ann/0a1b2c/raw"),
        ("https://github.com/a/b/blob/main/c/train.log", "https://raw.githubusercontent.com/a/b/main/c/train.log"),
        ("https://huggingface.co/a/b/blob/main/c.yml", "https://huggingface.co/a/b/raw/main/c.yml"),
        ("https://pastebin.com/aB3", "https://pastebin.com/raw/aB3"),
        ("https://pastebin.com/raw/aB3", "https://pastebin.com/raw/aB3"),
    ],
)
def test_the_page_of_a_text_is_read_as_the_text(page, raw):
    assert str(raw_of(URL(page))) == raw


async def test_a_name_that_leads_into_the_network_of_the_host_is_not_followed():
    with pytest.raises(OSError, match="public address"):
        await PublicResolver().resolve("localhost", 443)


@pytest.mark.parametrize("entry", ["http://example.com", "10.0.0.5", "https://x.org/a", "localhost", "*", "a b.com"])
def test_what_is_not_a_host_is_refused_at_the_start(entry):
    with pytest.raises(ValueError, match=r"HELPBOT_LINK_HOSTS|https://"):
        host_of(entry)
    with pytest.raises(ValidationError):
        Settings(link_hosts=entry)


def test_the_list_is_empty_until_the_host_fills_it(monkeypatch):
    assert Settings().link_hosts == ()
    monkeypatch.setenv("HELPBOT_LINK_HOSTS", "Gist.github.com, gist.githubusercontent.com")
    assert Settings().link_hosts == ("gist.github.com", "gist.githubusercontent.com")
