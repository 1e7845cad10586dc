from genmarket_env.reproduce.drawing import grid_lines, picture


def test_a_picture_repeats_to_the_byte_and_shares_axes():
    def draw(panels):
        for axes in panels[0]:
            axes.plot([0, 1], [0, 5])
            grid_lines(axes)
        panels[0, 0].set_xlabel("a $ sign")

    first, again = (picture("p", "c", (4, 2), (1, 2), draw, sharey=True) for _ in range(2))
    assert first == again
    assert (first.name, first.caption) == ("p", "c")
    assert "a $ sign" in first.svg
