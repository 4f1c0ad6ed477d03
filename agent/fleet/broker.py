"""The line to the MQTT broker; the only file that knows the MQTT library.

A line ends with EngineError; whoever holds it opens another. Nothing here blocks the event loop: names are looked up
and certificates read in a worker thread.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent.fleet.settings import FleetSettings, password_of
from dialogue.errors import ConfigError, EngineError

CONNECT_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says in our name when we fall silent; retained."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message that came over the line."""

    topic: str
    payload: bytes
    retained: bool


class Line:
    """An open connection, made by `connected`. Every method raises EngineError when the line is down."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def publish(self, topic: str, payload: bytes, *, retained: bool, surely: bool) -> None:
        """Send a message; `surely` waits until the broker has it."""
        try:
            await self._client.publish(topic, payload, qos=int(surely), retain=retained)
        except aiomqtt.MqttError as error:
            raise EngineError(f"the fleet's broker did not take a message: {error}") from error

    async def subscribe(self, *topics: str) -> None:
        """Ask for messages on topics, which may hold MQTT's wildcards."""
        try:
            codes = await self._client.subscribe([(topic, 1) for topic in topics])
        except aiomqtt.MqttError as error:
            raise EngineError(f"the fleet's broker did not take a subscription: {error}") from error
        refused = [code for code in codes if not isinstance(code, int) and code.is_failure]
        if refused:
            raise EngineError(f"the fleet's broker refuses what we want to hear ({refused[0]}): check its access list")

    async def arrivals(self) -> AsyncIterator[Arrival]:
        """Give messages as they come, until the line is down."""
        try:
            async for message in self._client.messages:
                payload = message.payload if isinstance(message.payload, bytes) else str(message.payload).encode()
                yield Arrival(message.topic.value, payload, message.retain)
        except aiomqtt.MqttError as error:
            raise EngineError(f"the line to the fleet's broker broke: {error}") from error


@asynccontextmanager
async def connected(
    settings: FleetSettings, identifier: str, *, largest_bytes: int, most_waiting: int = 1000, will: Will | None = None
) -> AsyncIterator[Line]:
    """Hold a line to the broker open.

    The broker keeps back messages over `largest_bytes`; of arrivals that nobody takes, those beyond `most_waiting` are
    dropped and logged. Raises EngineError when it cannot be reached or refuses,
    ConfigError when certificates or password cannot be read.
    """
    password = await asyncio.to_thread(password_of, settings)
    limits = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    limits.MaximumPacketSize = largest_bytes
    client = aiomqtt.Client(
        settings.host,
        settings.port,
        identifier=identifier,
        username=settings.username or None,
        password=password,
        tls_context=await asyncio.to_thread(_tls, settings),
        protocol=aiomqtt.ProtocolVersion.V5,
        clean_start=True,  # an order given while this end was away is stale
        properties=limits,
        keepalive=settings.keepalive_s,
        timeout=CONNECT_TIMEOUT_S,
        max_queued_incoming_messages=most_waiting,
        will=aiomqtt.Will(will.topic, will.payload, qos=1, retain=True) if will else None,
    )
    try:
        await client.__aenter__()
    except aiomqtt.MqttError as error:
        raise EngineError(f"the fleet's broker {settings.host}:{settings.port} cannot be had: {error}") from error
    try:
        yield Line(client)
    finally:
        await _leave(client)


async def _leave(client: aiomqtt.Client) -> None:
    try:
        await client.__aexit__(None, None, None)
    except aiomqtt.MqttError:
        return  # it was down already


def _tls(settings: FleetSettings) -> ssl.SSLContext | None:
    if not settings.tls:
        return None
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.client_certificate and settings.client_key:
            context.load_cert_chain(settings.client_certificate, settings.client_key)
    except (OSError, ssl.SSLError) as error:
        files = [settings.ca_file, settings.client_certificate, settings.client_key]
        named = ", ".join(str(file) for file in files if file)
        raise ConfigError(f"the fleet's certificates cannot be read ({named}): {error}") from error
    return context
