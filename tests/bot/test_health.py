"""What /healthz tells of the connection to Discord."""

from bot.health import health


async def test_a_lost_connection_is_told_until_it_is_back(world):
    assert (await health(world.bot))["status"] == "ok"
    world.bot.dispatch("shard_disconnect", 0)
    await world.env.settle()
    assert (await health(world.bot))["status"] == "not connected to Discord"
    world.bot.dispatch("shard_resumed", 0)
    await world.env.settle()
    assert (await health(world.bot))["status"] == "ok"
