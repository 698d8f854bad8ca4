"""Regular expressions, wildcards and near texts, held against slower ways to the same answer."""

import fnmatch
import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kizuna.search.expressions import RegexError
from kizuna.search.fuzzy import within
from kizuna.search.regex import Regex
from kizuna.search.wildcard import Wildcard
from tests.support.cpu import at_most

# --- regular expressions ---


@pytest.mark.parametrize(
    ("source", "fitting", "others"),
    [
        ("", [""], ["a"]),
        ("abc", ["abc"], ["ab", "abcd", "xabc", "ABC", ""]),
        ("a|bc|", ["a", "bc", ""], ["abc", "b"]),
        ("a*", ["", "a", "aaaa"], ["b", "ab"]),
        ("a+", ["a", "aaaa"], [""]),
        ("a?b", ["b", "ab"], ["aab", "a"]),
        ("a{2}", ["aa"], ["a", "aaa"]),
        ("a{2,}", ["aa", "aaaaa"], ["a", ""]),
        ("a{1,3}b", ["ab", "aaab"], ["b", "aaaab"]),
        ("a{0}b", ["b"], ["ab"]),
        ("a{0,}b", ["b", "aab"], ["a"]),
        ("a{,3}", ["a{,3}"], ["aaa"]),
        ("x{y}", ["x{y}"], ["x"]),
        ("(ab|c){2}", ["abab", "abc", "cc"], ["ab", "abcc"]),
        ("(?:ab)+", ["ab", "abab"], ["aba"]),
        ("(a*)*b", ["b", "aaab"], ["a"]),
        ("(a{0}){9}b", ["b"], ["ab"]),
        (".", ["a", "é", "\u2603"], ["", "ab", "\n"]),
        ("[a-c_]x", ["ax", "cx", "_x"], ["dx", "x"]),
        ("[^a-c]", ["d", "\n"], ["a", "b"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[^]a]", ["b"], ["]", "a"]),
        ("[y-zb-da-ccb]", ["a", "b", "c", "d", "y", "z"], ["e", "x", "{", "`"]),
        ("[^y-zb-da-c]", ["e", "x", "{", "`"], ["a", "b", "c", "d", "y", "z"]),
        ("(|()|a|b{0}){2}", ["", "a", "aa"], ["b", "aaa"]),
        ("[a-]", ["a", "-"], ["b"]),
        ("[-a]", ["a", "-"], ["b"]),
        (r"[\d.-]+", ["1.5-2"], ["a"]),
        (r"[\]\\]", ["]", "\\"], ["["]),
        (r"[a\-z]", ["a", "-", "z"], ["b"]),
        (r"\d\D\w\W\s\S", ["1a_- x"], ["aa_- x"]),
        (r"\.\*\(", [".*("], ["a*("]),
        (r"\t\n", ["\t\n"], ["tn"]),
        ("(?i)aB[c-d]é", ["AbCÉ", "aBdé"], ["aBeé"]),
        ("(?i)[^a]", ["b"], ["a", "A"]),
        ("(?i)ß", ["ß"], ["SS", "S"]),
    ],
)
def test_regular_expressions(source: str, fitting: list[str], others: list[str]) -> None:
    regex = Regex(source, 256)
    assert [text for text in (*fitting, *others) if regex.matches(text)] == fitting


@pytest.mark.parametrize(
    "source",
    [
        *("(", ")", "a)", "(a", "[", "[]", "[a", "[^", "\\", "*", "+a", "?", "a**", "a*?", "a+?", "a{2}{3}"),
        *(
            "^a",
            "a$",
            "a|*",
            "[z-a]",
            "[[:alpha:]]",
            r"[\D]",
            r"\b",
            r"\1",
            r"\pL",
            r"\x41",
            "(?=a)",
            "(?P<n>a)",
        ),
        *("a{257}", "a{3,2}", "a{9999,}", "a(?i)", "(" * 40 + ")" * 40, "(" * 9999, r"[a-\d]"),
    ],
)
def test_expressions_that_are_refused(source: str) -> None:
    with pytest.raises(RegexError):
        Regex(source, 256)


def test_size() -> None:
    assert Regex("a[bc]*(d|e){2,3}", 8).size == 8
    with pytest.raises(RegexError, match="more than 7"):
        Regex("a[bc]*(d|e){2,3}", 7)
    with pytest.raises(RegexError, match="more than 256"):
        Regex("((a{256}){256}){256}", 256)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("(a+)+b", "a" * 2048),
        ("(a|a)*b", "a" * 2048),
        ("(a|aa)+", "a" * 2047 + "b"),
        (".*.*.*.*.*.*x", "a" * 2048),
        ("(a?){128}a{128}", "a" * 255),
        ("(.*)*(.*)*(.*)*x", "a" * 2048),
        ("(((((a{0}){256}){256}){256}){256}){256}", "a"),
        (".*a.{200}", "ab" * 1024),
        ("(x+x+)+y", "x" * 2048),
        ("([" + "".join(map(chr, range(200, 4000, 2))) + "]*){255}x", "".join(map(chr, range(200, 4000, 2)))),
    ],
)
def test_no_expression_is_slow(source: str, text: str) -> None:
    with at_most(2):
        Regex(source, 256).matches(text)


expressions = st.recursive(
    st.sampled_from(("a", "b", ".", "[ab]", "[^a]", "")),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(("*", "+", "?", "{2}", "{1,}", "{0,2}", "{0}"))).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=6,
)
words = st.text(alphabet="abc", max_size=6)


@given(expressions, words)
def test_regular_expressions_agree_with_pythons(source: str, text: str) -> None:
    assert Regex(source, 4096).matches(text) == (re.fullmatch(source, text) is not None)


@given(st.text() | st.text(alphabet=r"ab()[]{}|*+?\^$-,0129.:i"), st.text())
def test_any_text_is_an_expression_or_refused(source: str, text: str) -> None:
    try:
        regex = Regex(source, 256)
    except RegexError:
        return
    assert regex.matches(text) in (True, False)


def test_an_expression_remembers_no_more_than_it_should() -> None:
    regex = Regex("(a|b|[^c])*a(a|b){9}", 256)
    everything = "".join(map(chr, range(0x4E00, 0x4E00 + 6000)))
    assert not regex.matches(everything)
    assert regex.matches(everything + "a" + "b" * 9)


# --- wildcards ---


@pytest.mark.parametrize(
    ("pattern", "fitting", "others"),
    [
        ("*", ["", "a", "ab\n"], []),
        ("?", ["a", "\n"], ["", "ab"]),
        ("a*", ["a", "abc"], ["", "ba"]),
        ("*a", ["a", "ba"], ["ab"]),
        ("a*a", ["aa", "aba"], ["a"]),
        ("a*b*c", ["abc", "axbxbxc"], ["acb", "ab"]),
        ("a?c", ["abc"], ["ac", "abbc"]),
        ("**", ["", "a"], []),
        ("?*?", ["ab", "abc"], ["a"]),
        ("a.b*", ["a.bc"], ["axb"]),
        ("[a]*", ["[a]b"], ["ab"]),
    ],
)
def test_wildcards(pattern: str, fitting: list[str], others: list[str]) -> None:
    wildcard = Wildcard(pattern)
    assert [text for text in (*fitting, *others) if wildcard.matches(text)] == fitting


def test_escaped_wildcards_are_ordinary() -> None:
    wildcard = Wildcard("*a*?", frozenset({2, 3}))
    assert wildcard.matches("xa*?")
    assert not wildcard.matches("xab?")


@given(st.text(alphabet="ab*?", max_size=8), st.text(alphabet="abc", max_size=10))
def test_wildcards_agree_with_file_names(pattern: str, text: str) -> None:
    assert Wildcard(pattern).matches(text) == fnmatch.fnmatchcase(text, pattern)


@pytest.mark.parametrize("pattern", ["*a" * 8000, "*" * 16_000, "a*" * 1000 + "b", "*" + "?" * 1024 + "b*"])
def test_no_wildcard_is_slow(pattern: str) -> None:
    with at_most(1):
        assert not Wildcard(pattern + "c").matches("a" * 2048)


# --- near texts ---


def distance_of(one: str, other: str) -> int:
    """The number of edits between two texts, by its definition."""

    @cache
    def distance(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        kept = distance(i - 1, j - 1) + (one[i - 1] != other[j - 1])
        return min(kept, distance(i - 1, j) + 1, distance(i, j - 1) + 1)

    return distance(len(one), len(other))


@given(st.integers(0, 3), st.text(alphabet="abc", max_size=8), st.text(alphabet="abc", max_size=8))
def test_near_texts_agree_with_the_definition(limit: int, one: str, other: str) -> None:
    assert within(limit, one, other) == (distance_of(one, other) <= limit)


def test_near_texts() -> None:
    assert within(1, "Wörld", "World")
    assert not within(1, "wrold", "world"), "an exchange is two edits"
    assert within(2, "wrold", "world")
    assert within(1, "", "a")
    assert not within(0, "", "a")
