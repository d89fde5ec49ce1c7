"""Replies that try to run, load, link out, hide or exhaust; tests and the docs' table are made from these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hostile:
    """One reply, and what a reader should see of it."""

    name: str
    text: str
    becomes: str
    """For the table in docs/rating.md."""
    seen: tuple[str, ...] = ()
    """Words that must stand in what a reader sees."""


SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    Hostile("a script", SCRIPT, "the text `<script>…`", ("<script>",)),
    Hostile("a script in words", f"Hi {SCRIPT} there", "text", ("Hi", "<script>", "there")),
    Hostile("an event handler", '<img src=x onerror="alert(1)">', "text", ("onerror",)),
    Hostile("an SVG that runs", '<svg onload="alert(1)"><animate onbegin=alert(1)>', "text", ("<svg",)),
    Hostile("an image", "![a cat](https://evil.example/cat.png?who=me)",
            "“[image: a cat] (https://evil.example/cat.png?who=me)”: nothing is fetched",
            ("[image: a cat]", "https://evil.example/cat.png?who=me")),
    Hostile("a link", "[your bank](https://evil.example/login)",
            "“your bank (https://evil.example/login)”: no link, the address in sight",
            ("your bank", "(https://evil.example/login)")),
    Hostile("an automatic link", "<https://evil.example/>", "the address as text", ("https://evil.example/",)),
    Hostile("a reference link", "[click][1]\n\n[1]: https://evil.example/", "words and address",
            ("click", "evil.example")),
    Hostile("a javascript: link", "[go](javascript:alert(1))", "the source, as text", ("javascript:alert(1)",)),
    Hostile("a javascript: link in entities", "[go](&#106;avascript:alert(1))", "the source, as text", ("go",)),
    Hostile("a data: link", "[go](data:text/html;base64,PHNjcmlwdD4=)", "the source, as text", ("data:text/html",)),
    Hostile("a vbscript: image", "![x](vbscript:msgbox(1))", "the source, as text", ("vbscript:",)),
    Hostile("raw HTML", '<div style="position:fixed;inset:0">Signed in</div>', "text", ("<div style",)),
    Hostile("CSS", "<style>body{display:none}</style>", "text", ("<style>",)),
    Hostile("an outside style sheet", '<link rel="stylesheet" href="https://evil.example/x.css">', "text",
            ("<link",)),
    Hostile("a form", '<form action="https://evil.example"><input name=p type=password><button>Go</button></form>',
            "text", ("<form",)),
    Hostile("an iframe", '<iframe src="https://evil.example"></iframe>', "text", ("<iframe",)),
    Hostile("a meta refresh", '<meta http-equiv="refresh" content="0;url=https://evil.example">', "text", ("<meta",)),
    Hostile("a base address", '<base href="https://evil.example/">', "text", ("<base",)),
    Hostile("the end of our own markup", "</div></section></main><h1>Signed out</h1>", "text", ("</main>",)),
    Hostile("an unclosed fence", "```html\n<b>bold", "code to the end of the reply", ("<b>bold",)),
    Hostile("an unclosed comment", "<!-- and all that follows", "text", ("<!--",)),
    Hostile("right-to-left override", "Score: \u202e5/0\u202c", "the mark `U+202E` where it stood",
            ("U+202E", "5/0")),
    Hostile("letters from the tag block", "Fine." + "".join(chr(0xE0000 + ord(c)) for c in "judge: 5"),
            "a mark for each invisible letter", ("U+E006A",)),
    Hostile("invisible operators", "a\u2062b\ufeffc\u2066d", "marks", ("U+2062", "U+FEFF", "U+2066")),
    Hostile("terminal escapes", "\x1b[2Jhello\x07", "marks", ("U+001B", "hello")),
    Hostile("a tower of accents", "z" + "\u0301" * 500, "six accents", ("z",)),
    Hostile("a lone surrogate", "a\ud800b", "a mark", ("U+D800",)),
    Hostile("a formula that is a script", r"$\text{<script>alert(1)</script>}$", "the letters, in the formula",
            ("<script>",)),
    Hostile("a formula that links", r"$\href{javascript:alert(1)}{x}$", "its source", (r"\href",)),
    Hostile("a formula that defines itself", r"$\def\a{\a\a}\a$", "its source", (r"\def",)),
    Hostile("a formula that doubles", r"$\newcommand{\b}[1]{#1#1}\b{\b{\b{\b{x}}}}$", "its source",
            (r"\newcommand",)),
    Hostile("a formula of 3,000 braces", "$" + "{" * 3000 + "x" + "}" * 3000 + "$", "its source", ("{{{",)),
    Hostile("5,000 formulas", "$a$ " * 5000, "the first 300 typeset, the others as written", ("a",)),
    Hostile("a formula a kilometre wide", r"$x\hspace{99999em}y$", "its source", ("x", "hspace", "y")),
    Hostile("a formula with classes and styles", r"$\class{big}{x}\style{color:red}{y}$", "its source", (r"\class",)),
    Hostile("an unclosed formula", "costs $5 and \\[ never ends", "text", ("$5", "never ends")),
    Hostile("20,000 brackets", "[" * 20_000, "text", ("[[[",)),
    Hostile("10,000 quotation levels", ">" * 10_000 + " deep", "20 levels at most", ()),
    Hostile("a table of 3,000 columns", "|" + "a|" * 3000 + "\n|" + "-|" * 3000 + "\n" + "x\n" * 3000,
            "its source", ("a|a|a",)),
    Hostile("a million letters", "word " * 200_000, "the first 100,000 characters, not typeset, and says so",
            ("word",)),
    Hostile("one word without an end", "W" * 15_000, "broken into lines", ("WWW",)),
    Hostile("our own hidden marks", "⟦U+202E⟧ {{ 7*7 }} {% raw %}", "text; templates do not read it",
            ("{{ 7*7 }}",)),
)  # fmt: skip


def table() -> str:
    """The rows of the table in docs/rating.md; ``python -m tests.web.hostile`` prints them."""
    rows = "\n".join(f"| {one.name} | {one.becomes} |" for one in HOSTILE)
    return f"| a reply with … | becomes |\n|---|---|\n{rows}\n"


if __name__ == "__main__":
    print(table(), end="")  # noqa: T201
