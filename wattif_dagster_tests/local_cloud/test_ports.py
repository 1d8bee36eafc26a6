"""Free ports: different, and the wanted one where it is free."""

import socket

from wattif_dagster.local_cloud.ports import free_ports, is_free


def test_free_ports_are_free_and_different() -> None:
    ports = free_ports(dict.fromkeys("abcdefgh"))
    assert len(set(ports.values())) == 8
    assert all(map(is_free, ports.values()))


def test_free_ports_prefers_the_wanted_port() -> None:
    wanted = free_ports({"a": None})["a"]
    assert free_ports({"a": wanted, "b": None})["a"] == wanted
    with socket.create_server(("127.0.0.1", wanted)):
        assert not is_free(wanted)
        assert free_ports({"a": wanted})["a"] != wanted


def test_free_ports_gives_a_wanted_port_once() -> None:
    wanted = free_ports({"a": None})["a"]
    ports = free_ports({"a": wanted, "b": wanted})
    assert ports["a"] == wanted != ports["b"]
