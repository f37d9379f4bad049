package ai.mariner.server.access;

import ai.mariner.core.access.TokenScope;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The file from which operators read the keys; TorchServe's form. Only its owner can read it from
 * its first byte on, and whoever opens it sees a whole file.
 */
final class KeyFile {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rw-------");

  private final Path path;
  private final ObjectMapper mapper = new ObjectMapper();

  KeyFile(Path path) {
    this.path = path;
  }

  Path path() {
    return path;
  }

  /**
   * A key in the file.
   *
   * @param text the key
   * @param expires when it stops being valid; absent: never
   */
  record Key(String text, @Nullable Instant expires) {
    // A log must not hold keys.
    @Override
    public String toString() {
      return "Key[expires=" + expires + "]";
    }
  }

  /**
   * Replaces the file.
   *
   * @throws IOException if it can't be written; the former file is still there then
   */
  void write(Map<TokenScope, Key> keys) throws IOException {
    ObjectNode root = mapper.createObjectNode();
    put(root, "management", keys.get(TokenScope.MANAGEMENT));
    put(root, "inference", keys.get(TokenScope.INFERENCE));
    put(root, "API", keys.get(TokenScope.API));
    byte[] bytes = mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
    Path fresh = path.resolveSibling(path.getFileName() + ".new");
    try {
      writeOwnerOnly(fresh, bytes);
      Files.move(fresh, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  /** Removes the file, if it is there. */
  void delete() throws IOException {
    Files.deleteIfExists(path);
  }

  private static void put(ObjectNode root, String name, @Nullable Key key) {
    if (key == null) {
      return;
    }
    ObjectNode entry = root.putObject(name).put("key", key.text);
    if (key.expires != null) {
      entry.put("expiration time", key.expires.toString());
    }
  }

  private static void writeOwnerOnly(Path file, byte[] bytes) throws IOException {
    // What a crash left behind; a file that somebody else put there is not written to.
    Files.deleteIfExists(file);
    boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
    FileAttribute<?>[] attributes =
        posix
            ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
            : new FileAttribute<?>[0];
    try (FileChannel channel =
        FileChannel.open(
            file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes)) {
      ByteBuffer rest = ByteBuffer.wrap(bytes);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      channel.force(true);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(file + " was put there by another process at this moment", e);
    }
  }
}
