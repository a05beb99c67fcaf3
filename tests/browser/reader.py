"""What a reader does on a page with comments, by the names that a screen reader says."""

from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

WAITING = "Waiting for approval"
HostPage = Callable[..., str]

# Comments are fetched when they come near; a reader scrolls down to them, after each reload too.
SCROLL_DOWN = """addEventListener("load", () => {
    history.scrollRestoration = "manual";
    document.querySelector("gatepost-comments")?.scrollIntoView();
})"""


def opened(page: Page, address: str) -> Page:
    """Open a page and scroll down until its comments are there."""
    page.add_init_script(SCROLL_DOWN)
    page.goto(address)
    expect(page.get_by_role("region", name="Comments")).to_be_visible()
    expect(page.get_by_text("Loading comments…")).to_be_hidden()
    return page


def form(page: Page, name: str = "Add a comment") -> Locator:
    """Return the place to write in."""
    return page.get_by_role("form", name=name)


def begun(page: Page) -> Locator:
    """Begin to write, and return the form that comes then."""
    form(page).get_by_role("textbox", name="Comment").focus()
    expect(form(page).get_by_role("button", name="Send")).to_be_visible()
    return form(page)


def write(form: Locator, body: str = "The ball helped, thank you.", author: str = "Ada") -> None:
    """Write a comment and send it."""
    form.get_by_role("textbox", name="Comment").fill(body)
    form.get_by_role("textbox", name="Name").fill(author)
    form.get_by_role("button", name="Send").click()


def comment(page: Page, author: str = "Ada") -> Locator:
    """Return the comment by somebody."""
    return page.get_by_role("article", name=f"Comment by {author}")
