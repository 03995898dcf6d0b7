def test_world(world):
    assert world.alpha.version == 1
