package ai.mariner.archive;

import ai.mariner.core.config.FetchConfig;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Says what a location means. A name is a file or folder of the model store; only its last
 * component counts, as users of folders like {@code models/m.mar} expect. Another folder, and any
 * address, must be permitted by {@code allowed_urls}.
 */
final class StoreLookup {
  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://");
  private static final Pattern FILE_NAME =
      Pattern.compile("[^\\p{Cntrl}/\\\\.][^\\p{Cntrl}/\\\\]*");
  private static final int MAX_LOCATION_CHARS = 8192;

  private final @Nullable Path store;
  private final AllowedUrls allowedUrls;

  StoreLookup(FetchConfig config, AllowedUrls allowedUrls) {
    this.store = config.modelStore();
    this.allowedUrls = allowedUrls;
  }

  /**
   * Finds out what a location means; contacts no one.
   *
   * @throws ai.mariner.core.error.ServeException when it means nothing, or nothing that is
   *     permitted
   */
  Source find(String location) {
    if (location.isEmpty()) {
      throw Refusals.notFound("url: \"\" (expected: a name in the model store, or an address)");
    }
    if (location.length() > MAX_LOCATION_CHARS) {
      throw Refusals.notFound(
          "url: "
              + location.length()
              + " characters (expected: at most "
              + MAX_LOCATION_CHARS
              + ")");
    }
    if (location.chars().anyMatch(Character::isISOControl)) {
      throw Refusals.notFound(
          "url: " + Refusals.shown(location) + " (expected: no control characters)");
    }
    Matcher scheme = SCHEME.matcher(location);
    return scheme.lookingAt() ? address(location, scheme.group(1)) : local(location);
  }

  private Source local(String location) {
    Path given = path(location, location);
    checkNoParent(given, location);
    boolean plain = given.getNameCount() == 1 && !given.isAbsolute() && !isDot(given);
    Path inStore = store == null || isDot(given) ? null : store.resolve(lastOf(given));
    if (inStore != null && Files.isRegularFile(inStore)) {
      return new Source.StoreFile(inStore);
    }
    if (plain && inStore != null && Files.isDirectory(inStore)) {
      return new Source.Folder(inStore);
    }
    if (plain && !Files.isDirectory(given)) {
      throw Refusals.notFound(
          "Model not found at: "
              + Refusals.shown(location)
              + (store == null
                  ? " (expected: a folder or address; no model_store is set)"
                  : " (expected: a file or folder of the model store)"));
    }
    return folder(given.toAbsolutePath().normalize(), inStore, location);
  }

  private Source folder(Path folder, @Nullable Path inStore, String location) {
    boolean permitted = liesInStore(folder) || allowedUrls.permit("file://" + folder);
    if (permitted && Files.isDirectory(folder)) {
      return new Source.Folder(folder);
    }
    if (inStore != null && Files.isDirectory(inStore)) {
      return new Source.Folder(inStore);
    }
    if (permitted) {
      throw Refusals.notFound(
          "Model not found at: "
              + Refusals.shown(location)
              + " (expected: a file or folder of the model store, or another folder; a file"
              + " elsewhere is named by its file:// address)");
    }
    // The same answer whether the folder exists or not: it is nobody's business.
    throw Refusals.notAllowed(
        "Given URL "
            + Refusals.shown(location)
            + " is not in the model store and does not match any allowed URL(s) (expected: a name"
            + " in the model store, or a folder whose file:// address allowed_urls permits)");
  }

  private boolean liesInStore(Path folder) {
    if (store == null) {
      return false;
    }
    Path root = store.toAbsolutePath().normalize();
    return folder.startsWith(root) && !folder.equals(root);
  }

  private Source address(String location, String givenScheme) {
    String scheme = givenScheme.toLowerCase(Locale.ROOT);
    if (!scheme.equals("file") && !scheme.equals("http") && !scheme.equals("https")) {
      throw Refusals.notAllowed(
          "url: scheme " + Refusals.shown(scheme) + " (expected: file, http or https)");
    }
    String shown = shownUrl(location);
    allowedUrls.check(location, shown);
    URI uri = parse(location);
    String path = uri.getPath() == null ? "" : uri.getPath();
    checkNoParent(path(path, shown), shown);
    return scheme.equals("file") ? file(uri, path, shown) : web(uri, path, shown);
  }

  private Source file(URI uri, String pathText, String shown) {
    String host = uri.getRawAuthority();
    if (host != null && !host.equalsIgnoreCase("localhost")) {
      throw Refusals.notAllowed("url: " + shown + " (expected: file:///... without a host)");
    }
    if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
      throw Refusals.notAllowed("url: " + shown + " (expected: no ? or # in a file:// address)");
    }
    Path path = path(pathText, shown).normalize();
    if (Files.isDirectory(path)) {
      return new Source.Folder(path);
    }
    if (!Files.isRegularFile(path)) {
      throw Refusals.downloadFailed("url: " + shown + " (expected: an existing file)");
    }
    String name = fileName(path.toString(), shown);
    if (store != null && isSameFile(path, store.resolve(name))) {
      return new Source.StoreFile(path);
    }
    return new Source.ForeignFile(path, name);
  }

  private static Source web(URI uri, String path, String shown) {
    return new Source.Address(uri, fileName(path, shown));
  }

  /**
   * Reads an address.
   *
   * @throws ai.mariner.core.error.ServeException when it is malformed
   */
  static URI parse(String url) {
    try {
      return new URI(url.replace(" ", "%20"));
    } catch (URISyntaxException e) {
      throw Refusals.notAllowed(
          "url: " + shownUrl(url) + " (expected: a well-formed address; " + e.getReason() + ")");
    }
  }

  /** An address without what may be secret in it: query, fragment and credentials. */
  static String shownUrl(String url) {
    String bare = url.replaceFirst("[?#].*$", "");
    return Refusals.shown(bare.replaceFirst("^([A-Za-z][A-Za-z0-9+.-]*://)[^/]*@", "$1"));
  }

  private static String fileName(String path, String shown) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    if (!FILE_NAME.matcher(name).matches() || name.length() > 255) {
      throw Refusals.notAllowed(
          "url: " + shown + " (expected: a path that ends in a file name such as m.mar)");
    }
    return name;
  }

  private static Path path(String text, String shown) {
    try {
      return Path.of(text);
    } catch (InvalidPathException e) {
      throw Refusals.notFound("url: " + Refusals.shown(shown) + " (expected: a file name)");
    }
  }

  private static void checkNoParent(Path path, String location) {
    for (Path part : path) {
      if (part.toString().equals("..")) {
        throw Refusals.notFound("Relative path is not allowed in url: " + Refusals.shown(location));
      }
    }
  }

  private static boolean isDot(Path path) {
    String last = lastOf(path);
    return last.equals(".") || last.isEmpty();
  }

  private static String lastOf(Path path) {
    Path name = path.getFileName();
    return name == null ? "" : name.toString();
  }

  private static boolean isSameFile(Path a, Path b) {
    try {
      return Files.exists(b) && Files.isSameFile(a, b);
    } catch (IOException e) {
      return false;
    }
  }
}
