package ai.mariner.worker.install;

import ai.mariner.core.error.ForeignText;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an archive's requirements file says, as far as it decides on what is installed: the files
 * that it names, and whether it names the archive's own.
 *
 * @param files it and all that it includes, in order
 * @param folders folders with wheels beside these files
 * @param local whether packages are made of the archive's files
 */
record RequirementsFile(Set<Path> files, Set<Path> folders, boolean local) {
  private static final int MOST_BYTES = 1 << 20;
  private static final int SHOWN_CHARS = 200;

  private static final Pattern INCLUSION =
      Pattern.compile("(?:-r|-c|--requirement|--constraint)[\\s=]*(\\S.*)");
  private static final Pattern LINKS = Pattern.compile("(?:-f|--find-links)[\\s=]*(\\S.*)");
  private static final Pattern EDITABLE = Pattern.compile("(?:-e|--editable)(?:[\\s=].*)?");
  private static final Pattern ADDRESS = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*://.*");
  private static final Pattern FILE = Pattern.compile("(?:[^@]*@\\s*)?file:.*");

  /**
   * Reads a requirements file and what it includes.
   *
   * @param archive folder of the archive, in which the installer runs
   * @param name path of the file within that
   * @throws InstallException if a file is missing or can't be installed from
   */
  static RequirementsFile read(Path archive, String name) throws InstallException {
    Reader reader = new Reader(archive);
    reader.take(archive.resolve(name), name);
    return new RequirementsFile(reader.files, reader.folders, reader.local);
  }

  /** Collects what is found on the way. */
  private static final class Reader {
    private final Path archive;
    private final Set<Path> files = new TreeSet<>();
    private final Set<Path> folders = new TreeSet<>();
    private boolean local;

    Reader(Path archive) {
      this.archive = archive;
    }

    void take(Path given, String shown) throws InstallException {
      Path file = given.normalize();
      if (!files.add(file)) {
        return;
      }
      Path folder = file.getParent();
      if (folder != null && hasWheels(folder)) {
        folders.add(folder);
      }
      for (String line : lines(file, shown)) {
        takeLine(file, line);
      }
    }

    private void takeLine(Path file, String line) throws InstallException {
      if (EDITABLE.matcher(line).matches()) {
        throw new InstallException(
            ForeignText.shown(line, SHOWN_CHARS)
                + ": can't be installed, since an archive's files come and go (expected: the"
                + " package without -e)");
      }
      Matcher inclusion = INCLUSION.matcher(line);
      if (!inclusion.matches()) {
        if (isLocal(line)) {
          local = true;
        }
        return;
      }
      String included = inclusion.group(1).strip();
      if (!ADDRESS.matcher(included).matches()) {
        Path folder = file.getParent();
        take((folder == null ? archive : folder).resolve(path(included)), included);
      }
    }

    /** Whether a line names something of the archive. */
    private boolean isLocal(String line) {
      Matcher links = LINKS.matcher(line);
      if (links.matches()) {
        return !ADDRESS.matcher(links.group(1)).matches();
      }
      if (line.startsWith("-") || ADDRESS.matcher(line).matches()) {
        return false;
      }
      if (line.startsWith(".") || FILE.matcher(line).matches()) {
        return true;
      }
      String word = line.split("[\\s;\\[]", 2)[0];
      try {
        return !word.isEmpty() && Files.exists(archive.resolve(word));
      } catch (InvalidPathException e) {
        return false;
      }
    }

    private static Path path(String text) throws InstallException {
      try {
        return Path.of(text.replaceAll("^[\"']|[\"']$", ""));
      } catch (InvalidPathException e) {
        throw new InstallException(
            ForeignText.shown(text, SHOWN_CHARS) + " is no path (expected: a file)", e);
      }
    }

    private static boolean hasWheels(Path folder) throws InstallException {
      try (var entries = Files.newDirectoryStream(folder, "*.whl")) {
        return entries.iterator().hasNext();
      } catch (IOException e) {
        throw new InstallException(folder.getFileName() + ": can't be read: " + e.getMessage(), e);
      }
    }

    /** Lines without comments and blanks, those that go on joined. */
    private static List<String> lines(Path file, String shown) throws InstallException {
      String name = ForeignText.shown(shown, SHOWN_CHARS);
      try {
        if (!Files.isRegularFile(file)) {
          throw new InstallException(name + " is not there (expected: a file of the archive)");
        }
        if (Files.size(file) > MOST_BYTES) {
          throw new InstallException(name + " is too long (expected: <= " + MOST_BYTES + " bytes)");
        }
        List<String> lines = new ArrayList<>();
        for (String line : Files.readString(file).replaceAll("\\\\\\r?\\n", "").split("\\R")) {
          String text = line.replaceFirst("(^|\\s)#.*$", "").strip();
          if (!text.isEmpty()) {
            lines.add(text);
          }
        }
        return lines;
      } catch (MalformedInputException e) {
        throw new InstallException(name + " is not UTF-8 (expected: requirements of pip)", e);
      } catch (IOException e) {
        throw new InstallException(name + " can't be read: " + e.getMessage(), e);
      }
    }
  }
}
