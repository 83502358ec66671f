"""Messages and modals as HTML; no text gets here except through `mrkdwn` and `plain`."""

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

from sandbox.slack.blocks import Block
from sandbox.slack.handles import OpenView
from sandbox.slack.mrkdwn import Scene, mrkdwn, plain, unmarked
from sandbox.slack.options import BOT_NAME
from sandbox.slack.store import Message


def message_html(message: Message, scene: Scene) -> str:
    """Return one message as an `article`."""
    sent = datetime.fromtimestamp(float(message.ts), UTC).astimezone(scene.zone)
    clock = f"{sent.hour % 12 or 12}:{sent:%M} {sent:%p}"
    body = "".join(_block(block, scene) for block in message.blocks)
    if not message.blocks:
        body = f'<div class="section"><div class="text">{mrkdwn(message.text, scene)}</div></div>'
    notes = ""
    if message.ephemeral_for:
        notes += '<p class="only-you">Only visible to you</p>'
    if message.thread_ts and message.thread_ts != message.ts:
        notes += '<p class="reply">Reply in a thread</p>'
    edited = '<p class="edited">(edited)</p>' if message.edited_ts else ""
    classes = "message" + (" ephemeral" if message.ephemeral_for else "")
    return (
        f'<article class="{classes}" data-ts="{escape(message.ts)}" aria-label="{BOT_NAME} at {clock}">'
        '<div class="avatar" aria-hidden="true">ST</div><div class="body">'
        f'{notes}<header><strong>{BOT_NAME}</strong> <span class="app">APP</span> '
        f'<time datetime="{sent.isoformat()}" title="{sent:%Y-%m-%d %H:%M:%S %Z}">{clock}</time></header>'
        f"{body}{edited}</div></article>"
    )


def view_html(opened: OpenView, scene: Scene) -> str:
    """Return the inside of a modal's dialog: title, blocks and inputs, buttons, and the errors of the app."""
    view = opened.view
    blocks = "".join(
        _input(block, opened.errors.get(block["block_id"], "")) if block["type"] == "input" else _block(block, scene)
        for block in view["blocks"]
    )
    close = _text(view.get("close") or {"type": "plain_text", "text": "Cancel"}, scene)
    submit = (
        f'<button type="submit" class="primary">{_text(view["submit"], scene)}</button>' if "submit" in view else ""
    )
    return (
        f'<form method="dialog" data-view="{escape(view["id"])}">'
        f'<h2 id="modal-title">{_text(view["title"], scene)}</h2>'
        f'<div class="blocks">{blocks}</div><p class="notice" role="alert" hidden></p>'
        f'<footer><button type="button" data-close>{close}</button>{submit}</footer></form>'
    )


def _text(text: Block, scene: Scene) -> str:
    if text["type"] == "mrkdwn":
        return mrkdwn(text["text"], scene)
    return plain(text["text"], emoji=text.get("emoji", True))


def _block(block: Block, scene: Scene) -> str:
    return _BLOCKS[block["type"]](block, scene)


def _section(block: Block, scene: Scene) -> str:
    html = f'<div class="text">{_text(block["text"], scene)}</div>' if block.get("text") else ""
    if block.get("fields"):
        fields = "".join(f"<div>{_text(item, scene)}</div>" for item in block["fields"])
        html += f'<div class="fields">{fields}</div>'
    if block.get("accessory"):
        accessory = _element(block["accessory"], block["block_id"], scene)
        return f'<div class="section with-accessory"><div>{html}</div><div class="accessory">{accessory}</div></div>'
    return f'<div class="section">{html}</div>'


def _header(block: Block, scene: Scene) -> str:
    return f"<h3>{_text(block['text'], scene)}</h3>"


def _divider(_block: Block, _scene: Scene) -> str:
    return "<hr>"


def _context(block: Block, scene: Scene) -> str:
    elements = "".join(f"<span>{_text(element, scene)}</span>" for element in block["elements"])
    return f'<div class="context">{elements}</div>'


def _actions(block: Block, scene: Scene) -> str:
    elements = "".join(_element(element, block["block_id"], scene) for element in block["elements"])
    return f'<div class="actions">{elements}</div>'


_BLOCKS: dict[str, Callable[[Block, Scene], str]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
}


def _element(element: Block, block_id: str, scene: Scene) -> str:
    names = f'data-action="{escape(element["action_id"])}" data-block="{escape(block_id)}"'
    if element["type"] == "static_select":
        label = unmarked(element.get("placeholder", {}).get("text", "Choose"))
        return f'<select {names} aria-label="{label}">{_options(element, label)}</select>{_confirm(element, scene)}'
    link = f' data-url="{escape(element["url"])}"' if element.get("url") else ""
    style = escape(element.get("style", "default"))
    button = f'<button type="button" class="{style}" {names}{link}>{_text(element["text"], scene)}</button>'
    return button + _confirm(element, scene)


def _confirm(element: Block, scene: Scene) -> str:
    """Return the confirmation of an element as a template, shown when the element is pressed."""
    confirm = element.get("confirm")
    if not confirm:
        return ""
    yes, no = (
        _text(confirm.get(name) or {"type": "plain_text", "text": usual}, scene)
        for name, usual in (("confirm", "Yes"), ("deny", "Cancel"))
    )
    return (
        f'<template><form method="dialog"><h2 id="confirm-title">{_text(confirm["title"], scene)}</h2>'
        f'<div class="text">{_text(confirm["text"], scene)}</div><footer><button value="no">{no}</button>'
        f'<button value="yes" class="{escape(confirm.get("style", "primary"))}">{yes}</button></footer></form>'
        "</template>"
    )


def _options(element: Block, label: str) -> str:
    initial = (element.get("initial_option") or {}).get("value")
    return f'<option value="">{label}</option>' + "".join(
        f'<option value="{escape(option["value"])}"{" selected" if option["value"] == initial else ""}>'
        f"{unmarked(option['text']['text'])}</option>"
        for option in element["options"]
    )


def _input(block: Block, error: str) -> str:
    """One input of a modal with its label, hint and error; required unless it says optional."""
    element, block_id = block["element"], escape(block["block_id"])
    label = plain(block["label"]["text"]) + (
        ' <span class="optional">(optional)</span>' if block.get("optional") else ""
    )
    names = f'data-action="{escape(element["action_id"])}" data-block="{block_id}" data-kind="{element["type"]}"'
    hint = f'<p class="hint" id="hint-{block_id}">{plain(block["hint"]["text"])}</p>' if block.get("hint") else ""
    told = f'<p class="error" id="error-{block_id}" data-error="{block_id}">{escape(error)}</p>'
    about = f'aria-describedby="hint-{block_id} error-{block_id}"'
    required = "" if block.get("optional") else " required"
    if element["type"] == "static_select":
        choose = unmarked(element.get("placeholder", {}).get("text", "Choose"))
        field = f'<select id="input-{block_id}" {names} {about}{required}>{_options(element, choose)}</select>'
    else:
        field = _text_field(element, f'id="input-{block_id}" {names} {about}{required}')
    return f'<div class="input"><label for="input-{block_id}">{label}</label>{field}{hint}{told}</div>'


def _text_field(element: Block, attributes: str) -> str:
    value = escape(element.get("initial_value", ""))
    for name, written in (("min_length", "minlength"), ("max_length", "maxlength")):
        if element.get(name):
            attributes += f' {written}="{int(element[name])}"'
    if element.get("placeholder"):
        attributes += f' placeholder="{unmarked(element["placeholder"]["text"])}"'
    if element.get("multiline"):
        return f'<textarea rows="4" {attributes}>\n{value}</textarea>'
    return f'<input type="text" value="{value}" {attributes}>'
