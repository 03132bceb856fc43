"""Generated parts inside hand-written Markdown, between a pair of marker comments."""


class MarkersLost(Exception):
    """The document no longer has the pair of markers."""


def replace(document: str, name: str, content: str) -> str:
    """Returns `document` with what stands between the markers of `name` replaced by `content`.

    The markers are `<!-- NAME: begin -->` and `<!-- NAME: end -->`, each on a line of its own.

    Raises:
        MarkersLost: There is no such pair.
    """
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->\n"
    before, found, rest = document.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise MarkersLost(name)
    return f"{before}{begin}\n{content}\n{end}{after}"
