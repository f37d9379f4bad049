package ai.mariner.archive;

import ai.mariner.core.error.ServeException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Folder that an archive is unpacked to. It creates every file and folder itself and anew, so
 * nothing is ever written through a link or over something else. Not thread-safe.
 */
final class UnpackTarget {
  /** What may be done with a file by its owner; nobody else may do anything. */
  enum Mode {
    PLAIN,
    EXECUTABLE
  }

  private enum Kind {
    FILE,
    FOLDER
  }

  private final Path root;
  private final UnpackBudget budget;
  private final Map<String, Kind> created = new HashMap<>();
  private final byte[] buffer = new byte[128 * 1024];

  /**
   * Unpacks into an existing, empty folder.
   *
   * @param root folder
   * @param budget counts what is made
   */
  UnpackTarget(Path root, UnpackBudget budget) {
    this.root = root;
    this.budget = budget;
  }

  boolean isEmpty() {
    return !created.containsValue(Kind.FILE);
  }

  /** Makes a folder and those above it, unless they are there. */
  void folder(EntryPath path) {
    StringBuilder name = new StringBuilder();
    for (String part : path.parts()) {
      name.append(name.isEmpty() ? "" : "/").append(part);
      Kind there = created.get(name.toString());
      if (there == Kind.FILE) {
        throw twice(path);
      }
      if (there == null) {
        makeFolder(name.toString());
      }
    }
  }

  /**
   * Makes a file.
   *
   * @throws IOException when the content can't be read
   * @throws ServeException when there is something already, a limit is reached, or the disk fails
   */
  void file(EntryPath path, InputStream content, Mode mode) throws IOException {
    int last = path.parts().size() - 1;
    if (last < 0) {
      throw Refusals.invalid("Archive entry: \".\" is a file (expected: a name)");
    }
    folder(new EntryPath(path.parts().subList(0, last)));
    if (created.putIfAbsent(path.toString(), Kind.FILE) != null) {
      throw twice(path);
    }
    budget.addEntry();
    try (OutputStream out = open(path, mode)) {
      copy(content, out);
    } catch (UnwritableException e) {
      throw unwritable(e.reason());
    }
  }

  private void copy(InputStream content, OutputStream out) throws IOException {
    for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
      budget.addBytes(read);
      try {
        out.write(buffer, 0, read);
      } catch (IOException e) {
        throw new UnwritableException(e);
      }
    }
  }

  private OutputStream open(EntryPath path, Mode mode) {
    try {
      return Channels.newOutputStream(
          Files.newByteChannel(
              root.resolve(path.toString()),
              EnumSet.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
              mode == Mode.EXECUTABLE ? PrivateFiles.OWNER_ALL : PrivateFiles.OWNER_READ_WRITE));
    } catch (FileAlreadyExistsException e) {
      throw twice(path);
    } catch (InvalidPathException e) {
      throw unnameable(path.toString(), e);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private void makeFolder(String name) {
    budget.addEntry();
    created.put(name, Kind.FOLDER);
    try {
      Files.createDirectory(root.resolve(name), PrivateFiles.OWNER_ALL);
    } catch (InvalidPathException e) {
      throw unnameable(name, e);
    } catch (IOException e) {
      throw unwritable(e);
    }
  }

  private static ServeException twice(EntryPath path) {
    return Refusals.invalid(
        "Archive entry: \""
            + Refusals.shown(path.toString())
            + "\" is there twice, or is both file and folder (expected: once)");
  }

  private static ServeException unnameable(String name, InvalidPathException e) {
    return Refusals.invalid(
        "Archive entry: \""
            + Refusals.shown(name)
            + "\" (expected: a name in this system's character set)",
        e);
  }

  private static ServeException unwritable(IOException e) {
    return Refusals.unwritable("Archive can't be unpacked: the disk is full or not writable.", e);
  }

  /** Tells a failure to write from one to read, which is the archive's fault. */
  private static final class UnwritableException extends IOException {
    private static final long serialVersionUID = 1L;
    private final IOException reason;

    UnwritableException(IOException reason) {
      super(reason);
      this.reason = reason;
    }

    IOException reason() {
      return reason;
    }
  }
}
