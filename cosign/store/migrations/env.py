"""Runs migrations on the connection that `cosign.store.migrations` hands over."""

from alembic import context

from cosign.store.metadata import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
