"""Pages of listings whose items may be left out, or cut off at the end."""

from notification_core.domain.paging import Page

PAGE = Page(["a", "b", "c"], "after-c", ["after-a", "after-b", "after-c"])


def test_a_shorter_page_continues_after_its_last_item() -> None:
    assert PAGE.first(2) == Page(["a", "b"], "after-b", ["after-a", "after-b"])


def test_a_page_is_not_longer_than_it_was() -> None:
    assert PAGE.first(3) == PAGE.first(100) == PAGE


def test_an_item_that_is_left_out_takes_its_token_with_it() -> None:
    assert PAGE.with_items([1, None, 3]) == Page([1, 3], "after-c", ["after-a", "after-c"])
