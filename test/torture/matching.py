"""The predicate grammar as the documents have it: which events a subscription is to see."""
import json
import re

SPEC = re.compile(r"^([A-Za-z0-9_.-]+?)(!=|<=|>=|\^=|\*=|=|<|>)(.*)$", re.S)
MISSING = object()


def value_at(event, key):
    value = event
    for segment in key.split("."):
        if isinstance(value, dict) and segment in value:
            value = value[segment]
        else:
            return MISSING
    return value


def same(left, right):
    """Types are exact: 1 is not true, and neither is "1"."""
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def ordered(compare):
    def test(left, right):
        numbers = all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in (left, right))
        texts = isinstance(left, str) and isinstance(right, str)
        return (numbers or texts) and compare(left, right)

    return test


TESTS = {
    "=": same,
    "!=": lambda left, right: not same(left, right),
    "<": ordered(lambda left, right: left < right),
    "<=": ordered(lambda left, right: left <= right),
    ">": ordered(lambda left, right: left > right),
    ">=": ordered(lambda left, right: left >= right),
    "^=": lambda left, right: isinstance(left, str) and left.startswith(right),
    "*=": lambda left, right: isinstance(left, (str, list)) and right in left,
}


def all_hold(specs):
    """One function for a list of specs: repeated = on one key is OR, everything else AND."""
    equals, others = {}, []
    for spec in specs:
        key, operator, literal = SPEC.match(spec).groups()
        wanted = json.loads(literal)
        if operator == "=":
            equals.setdefault(key, []).append(wanted)
        else:
            others.append((key, TESTS[operator], wanted))

    def test(event):
        for key, wanted in equals.items():
            value = value_at(event, key)
            if value is MISSING or not any(same(value, one) for one in wanted):
                return False
        for key, holds, wanted in others:
            value = value_at(event, key)
            if value is MISSING or not holds(value, wanted):
                return False
        return True

    return test


def matcher(wants):
    every = all_hold(wants.get("match", []))
    some = [all_hold(clause) for clause in wants.get("any_of", [])]
    return lambda event: every(event) and (not some or any(clause(event) for clause in some))
