"""The organizations and people of the demo, and the providers that the organizations use."""

from __future__ import annotations

from uuid import NAMESPACE_DNS, UUID, uuid5

from msgspec import Struct

from synaxis.domain import Organization, Provider

__all__ = ["DEMO_DIRECTORY", "Directory", "User"]

_DOMAIN = "synaxis.example"


class User(Struct, frozen=True):
    """A person who may sign in, and the organizations the person belongs to."""

    name: str
    organizations: tuple[Organization, ...]


class Directory(Struct, frozen=True):
    """Everybody and everything the gateway knows."""

    providers: tuple[Provider, ...]
    organizations: tuple[Organization, ...]
    users: tuple[User, ...]

    def user(self, name: str) -> User | None:
        """Return the user called `name`, or None."""
        return next((user for user in self.users if user.name == name), None)


def _id(name: str) -> UUID:
    return uuid5(NAMESPACE_DNS, f"{name}.{_DOMAIN}")


def _demo_directory() -> Directory:
    names = ("Northlight", "Cobalt", "Halcyon", "Tessera", "Quillon", "Marlowe")
    providers = tuple(Provider(_id(name.lower()), name) for name in names)
    aurora = Organization(_id("aurora"), "Aurora Labs", providers[:4])
    harbor = Organization(_id("harbor"), "Harbor Logistics", providers[2:])
    users = (User("amelia", (aurora,)), User("mateo", (aurora, harbor)), User("noor", (harbor,)))
    return Directory(providers, (aurora, harbor), users)


DEMO_DIRECTORY = _demo_directory()
