package ai.mariner.archive;

import ai.mariner.archive.ContentsReader.Contents;
import ai.mariner.archive.ModelKinds.Found;
import ai.mariner.archive.Unpacker.Unpacked;
import ai.mariner.core.config.AwsCredentials;
import ai.mariner.core.config.FetchConfig;
import ai.mariner.core.config.LimitsConfig;
import ai.mariner.core.config.Profile;
import ai.mariner.core.model.ArchiveStore;
import ai.mariner.core.model.ModelArchive;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Archives from the model store, other folders, and addresses that the configuration permits.
 * Thread-safe.
 */
public final class MarStore implements ArchiveStore {
  private final StoreLookup lookup;
  private final @Nullable StoreFolder store;
  private final Unpacker unpacker;
  private final ContentsReader contents;
  private final HttpDownload http;
  private final long maxDownloadBytes;
  private final boolean plainFolders;
  private final @Nullable AwsCredentials aws;

  /**
   * A store that looks hosts up in the system's way and trusts the JVM's certificates.
   *
   * @param fetch where archives may come from
   * @param limits what an archive may use up
   * @param profile whether misspelt keys in an archive's options are errors
   * @param plainFolders whether a folder without manifest may be a model that needs no handler; not
   *     where such folders have another meaning
   */
  public MarStore(FetchConfig fetch, LimitsConfig limits, Profile profile, boolean plainFolders) {
    this(fetch, limits, profile, plainFolders, HostResolver.SYSTEM, MarStore::defaultTls);
  }

  /**
   * A store.
   *
   * @param fetch where archives may come from
   * @param limits what an archive may use up
   * @param profile whether misspelt keys in an archive's options are errors
   * @param plainFolders whether a folder without manifest may be a model that needs no handler
   * @param resolver looks hosts up, once for each connection
   * @param tls secures connections; decides which certificates are trusted. Asked for each secured
   *     connection, since reading the trusted certificates is no work for the server's start
   */
  public MarStore(
      FetchConfig fetch,
      LimitsConfig limits,
      Profile profile,
      boolean plainFolders,
      HostResolver resolver,
      Supplier<SSLSocketFactory> tls) {
    AllowedUrls allowed = new AllowedUrls(fetch.allowedUrls());
    Path modelStore = fetch.modelStore();
    this.lookup = new StoreLookup(fetch, allowed);
    this.store = modelStore == null ? null : new StoreFolder(modelStore);
    this.unpacker = new Unpacker(fetch.workDirectory(), UnpackLimits.of(limits));
    this.contents = new ContentsReader(profile);
    this.maxDownloadBytes = limits.maxDownloadBytes();
    this.plainFolders = plainFolders;
    this.aws = fetch.aws();
    this.http =
        new HttpDownload(
            new PinnedConnector(resolver, tls, fetch.allowedUrlsConfigured()),
            allowed,
            maxDownloadBytes,
            limits.downloadTimeout());
  }

  @Override
  public ModelArchive fetch(String location, boolean signed) {
    Source source = lookup.find(location);
    if (source instanceof Source.Folder folder) {
      return inPlace(location, folder.path());
    }
    if (source instanceof Source.StoreFile file) {
      String name = nameOf(file.path());
      return archive(location, unpacked(file.path(), name), name);
    }
    if (source instanceof Source.ForeignFile file) {
      return fetched(location, file.fileName(), out -> copy(file.path(), out));
    }
    Source.Address address = (Source.Address) source;
    S3Signer signer = signed ? signer() : null;
    return fetched(location, address.fileName(), out -> http.fetch(address.uri(), signer, out));
  }

  private S3Signer signer() {
    if (aws == null) {
      throw Refusals.downloadFailed(
          "s3_sse_kms: true (expected: " + AwsCredentials.EXPECTED + ", or false)");
    }
    return new S3Signer(aws);
  }

  /**
   * The same for whoever starts the server: a location may also be any folder or file there is.
   *
   * @param location path, or as in {@link #fetch}
   */
  ModelArchive open(String location) {
    Path path;
    try {
      path = Path.of(location);
    } catch (InvalidPathException noPath) {
      return fetch(location);
    }
    if (Files.isDirectory(path)) {
      return inPlace(location, path);
    }
    if (Files.isRegularFile(path)) {
      return archive(location, unpacked(path, nameOf(path)), nameOf(path));
    }
    return fetch(location);
  }

  /** What the folder of a model within an archive says. */
  Contents contents(Path folder) {
    return contents.read(folder);
  }

  @Override
  public List<String> list(boolean withoutManifest) {
    return store == null ? List.of() : store.list(withoutManifest);
  }

  private ModelArchive inPlace(String location, Path folder) {
    Path inner = Unpacker.soleFolder(folder);
    Path directory = inner == null ? folder : inner;
    Found plain = plainFolders ? ModelKinds.ofFolder(directory) : null;
    if (plain != null) {
      Unpacked<Contents> made =
          unpacker.make(
              out -> PlainModel.ofFolder(directory, nameOf(folder), plain, out), contents::read);
      return archive(location, made, nameOf(folder));
    }
    Contents found = contents.read(directory);
    return new ModelArchive(
        location,
        directory.toAbsolutePath().normalize(),
        found.manifest(),
        found.overrides(),
        found.signature(),
        ModelNames.fromFile(nameOf(folder)),
        MarStore::nothing);
  }

  /** An archive's files, or a folder around a file that is a model itself. */
  private Unpacked<Contents> unpacked(Path file, String name) {
    Found plain = ModelKinds.ofFile(file, name);
    return plain == null
        ? unpacker.unpack(file, folder -> completed(folder, name))
        : unpacker.make(out -> PlainModel.ofFile(file, plain, out), contents::read);
  }

  /** What an archive says; one without manifest may be a model that needs none. */
  private Contents completed(Path folder, String name) {
    Found plain = plainFolders ? ModelKinds.ofFolder(folder) : null;
    if (plain != null) {
      try {
        PlainModel.describe(plain, name, folder);
      } catch (IOException e) {
        throw Refusals.unwritable("Archive can't be unpacked: the disk is full.", e);
      }
    }
    return contents.read(folder);
  }

  private interface Fetch {
    void to(OutputStream out) throws IOException;
  }

  private ModelArchive fetched(String location, String fileName, Fetch fetch) {
    if (store != null) {
      store.checkFree(fileName);
    }
    Path download = unpacker.newDownloadFile();
    try {
      try (OutputStream out = Files.newOutputStream(download)) {
        fetch.to(out);
      } catch (IOException e) {
        throw Refusals.unwritable(
            "The fetched archive can't be written: the disk is full or not writable.", e);
      }
      return kept(location, fileName, download, unpacked(download, fileName));
    } finally {
      PrivateFiles.delete(download);
    }
  }

  /** Only what unpacked well gets into the store. */
  private ModelArchive kept(
      String location, String fileName, Path download, Unpacked<Contents> unpacked) {
    Runnable removal = MarStore::nothing;
    try {
      if (store != null) {
        removal = store.add(download, fileName);
      }
    } catch (RuntimeException e) {
      PrivateFiles.delete(unpacked.folder());
      throw e;
    }
    return archive(location, unpacked, fileName, removal);
  }

  private static ModelArchive archive(
      String location, Unpacked<Contents> unpacked, String fileName) {
    return archive(location, unpacked, fileName, MarStore::nothing);
  }

  private static ModelArchive archive(
      String location, Unpacked<Contents> unpacked, String fileName, Runnable removal) {
    AtomicBoolean released = new AtomicBoolean();
    Path folder = unpacked.folder();
    return new ModelArchive(
        location,
        folder.toAbsolutePath().normalize(),
        unpacked.contents().manifest(),
        unpacked.contents().overrides(),
        unpacked.contents().signature(),
        ModelNames.fromFile(fileName),
        () -> {
          if (released.compareAndSet(false, true)) {
            PrivateFiles.delete(folder);
            removal.run();
          }
        });
  }

  private void copy(Path file, OutputStream out) throws IOException {
    try (InputStream in = open(file)) {
      in.transferTo(new CappedOutput(out, maxDownloadBytes, "file://"));
    }
  }

  private static InputStream open(Path file) {
    try {
      return Files.newInputStream(file);
    } catch (IOException e) {
      throw Refusals.downloadFailed("file:// can't be read (expected: a readable file)", e);
    }
  }

  private static void nothing() {}

  private static String nameOf(Path path) {
    Path name = path.toAbsolutePath().normalize().getFileName();
    return name == null ? "" : name.toString();
  }

  private static SSLSocketFactory defaultTls() {
    return (SSLSocketFactory) SSLSocketFactory.getDefault();
  }
}
