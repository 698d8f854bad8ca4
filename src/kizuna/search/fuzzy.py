"""How far two texts are apart."""


def within(distance: int, one: str, other: str) -> bool:
    """Whether at most `distance` insertions, deletions and substitutions of characters make one the other.

    Only the band of the table that can still stay within the distance is computed.
    """
    if one == other:
        return True
    if abs(len(one) - len(other)) > distance:
        return False
    too_far = distance + 1
    above = {column: column for column in range(min(distance, len(other)) + 1)}
    for row, char in enumerate(one, 1):
        here: dict[int, int] = {}
        for column in range(max(0, row - distance), min(len(other), row + distance) + 1):
            inserted = here.get(column - 1, too_far) + 1
            deleted = above.get(column, too_far) + 1
            kept = above.get(column - 1, too_far) + (column == 0 or other[column - 1] != char)
            here[column] = min(inserted, deleted, kept)
        if min(here.values()) > distance:
            return False
        above = here
    return above[len(other)] <= distance
