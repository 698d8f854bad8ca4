"""What groups.mjs and game.mjs need of a game: it speaks in channels, and keeps what it hears of events."""

from dataclasses import asdict, dataclass

import kizuna.runtime as rt


def register(app: rt.App) -> None:
    """Functions for channels, and a handler of events."""
    app.rpc("social.say", say)
    app.rpc("social.say_to", say_to)
    app.rpc("social.announce", announce)
    app.rpc("social.correct", correct)
    app.rpc("social.withdraw", withdraw)
    app.event(keep)


@dataclass
class MessageId:
    channel_id: str
    message_id: str


@dataclass
class Words:
    channel_id: str
    text: str


async def say(ctx: rt.Context, payload: Words) -> MessageId:
    """The caller says something in a channel."""
    ack = await ctx.nk.channel_message_send(
        payload.channel_id, {"text": payload.text}, ctx.user_id, ctx.username
    )
    return MessageId(ack.channel_id, ack.message_id)


@dataclass
class WordsToUser:
    user_id: str
    text: str


async def say_to(ctx: rt.Context, payload: WordsToUser) -> MessageId:
    """The caller says something to another user."""
    channel = await ctx.nk.channel_id_build(payload.user_id, rt.ChannelType.DIRECT, sender_id=ctx.user_id)
    return await say(ctx, Words(channel, payload.text))


async def announce(ctx: rt.Context, payload: Words) -> MessageId:
    """The server says something in a channel."""
    ack = await ctx.nk.channel_message_send(payload.channel_id, {"text": payload.text})
    return MessageId(ack.channel_id, ack.message_id)


@dataclass
class Correction:
    channel_id: str
    message_id: str
    text: str


async def correct(ctx: rt.Context, payload: Correction) -> None:
    """The caller puts something they said in other words."""
    await ctx.nk.channel_message_update(
        payload.channel_id, payload.message_id, {"text": payload.text}, ctx.user_id, ctx.username
    )


async def withdraw(ctx: rt.Context, payload: MessageId) -> None:
    """The caller takes back something they said."""
    await ctx.nk.channel_message_remove(payload.channel_id, payload.message_id, ctx.user_id, ctx.username)


async def keep(ctx: rt.Context, event: rt.Event) -> None:
    """Write an event down where its reporter can read it: in the collection "events", by its name."""
    seen = asdict(event) | {"timestamp": event.timestamp and event.timestamp.isoformat()}
    seen |= {"mode": ctx.execution_mode, "user_id": ctx.user_id, "username": ctx.username, "vars": ctx.vars}
    await ctx.nk.storage_write([rt.StorageWrite("events", event.name, seen, user_id=ctx.user_id)])
