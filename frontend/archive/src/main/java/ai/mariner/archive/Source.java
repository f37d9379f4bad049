package ai.mariner.archive;

import java.net.URI;
import java.nio.file.Path;

/** What a location turned out to be. */
sealed interface Source {
  /** An unpacked archive, used where it lies and never deleted. */
  record Folder(Path path) implements Source {}

  /** An archive in the model store, never deleted. */
  record StoreFile(Path path) implements Source {}

  /** A file of this machine that is copied to the model store. */
  record ForeignFile(Path path, String fileName) implements Source {}

  /** An address that is fetched to the model store. */
  record Address(URI uri, String fileName) implements Source {}
}
