package ai.mariner.worker.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequirementsFileTest {
  @TempDir Path archive;

  @BeforeEach
  void files() throws IOException {
    Files.createDirectories(archive.resolve("package"));
    Files.writeString(archive.resolve("own.whl"), "wheel");
  }

  private RequirementsFile read(String text) throws Exception {
    Files.writeString(archive.resolve("requirements.txt"), text);
    return RequirementsFile.read(archive, "requirements.txt");
  }

  private String key(String text, String... surroundings) throws Exception {
    return EnvironmentKey.of(java.util.List.of(surroundings), archive, read(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "numpy==1.0",
        "numpy # ./package",
        "numpy @ https://example.org/numpy.whl",
        "git+https://example.org/x.git@main",
        "--index-url https://example.org/simple",
        "-f https://example.org/wheels",
      })
  void whatComesFromElsewhereIsNotMadeOfTheArchive(String line) throws Exception {
    assertThat(read(line).local()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "./package",
        ".",
        "package",
        "package[extra] ; python_version > '3'",
        "own.whl",
        "mine @ file:package",
        "file:package",
        "--find-links package",
        "-f=package",
      })
  void whatIsMadeOfTheArchiveIsKnown(String line) throws Exception {
    assertThat(read("numpy\n" + line + "\n").local()).isTrue();
  }

  @Test
  void filesThatItIncludesCountToo() throws Exception {
    Files.writeString(
        archive.resolve("package/more.txt"), "-c ../bounds.txt\n-r https://x.org/r\n");
    Files.writeString(archive.resolve("bounds.txt"), "numpy<2\n");
    RequirementsFile found = read("--requirement=package/more.txt\n");
    assertThat(found.files())
        .containsExactlyInAnyOrder(
            archive.resolve("requirements.txt"),
            archive.resolve("package/more.txt"),
            archive.resolve("bounds.txt"));
    assertThat(found.folders()).containsExactly(archive);
  }

  @Test
  void filesThatIncludeEachOtherAreReadOnce() throws Exception {
    Files.writeString(archive.resolve("other.txt"), "-r requirements.txt\n");
    assertThat(read("-r other.txt\n").files()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-e ./package", "--editable=package", "numpy\n-e \\\n  ./package"})
  void editablePackagesAreRefused(String text) {
    assertThatThrownBy(() -> read(text))
        .hasMessageContaining("can't be installed")
        .hasMessageContaining("(expected: the package without -e)");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> RequirementsFile.read(archive, "needs.txt"))
        .hasMessage("needs.txt is not there (expected: a file of the archive)");
    assertThatThrownBy(() -> read("-r gone.txt"))
        .hasMessage("gone.txt is not there (expected: a file of the archive)");
  }

  @Test
  void whatIsNoTextIsRefused() throws IOException {
    Files.write(archive.resolve("needs.txt"), new byte[] {'x', (byte) 0xff, (byte) 0xfe});
    assertThatThrownBy(() -> RequirementsFile.read(archive, "needs.txt"))
        .hasMessage("needs.txt is not UTF-8 (expected: requirements of pip)");
  }

  @Test
  void theSameContentHasTheSameNameWhereverItLies(@TempDir Path other) throws Exception {
    String here = key("numpy\n", "python");
    Files.writeString(other.resolve("own.whl"), "wheel");
    Files.writeString(other.resolve("requirements.txt"), "numpy\n");
    RequirementsFile there = RequirementsFile.read(other, "requirements.txt");
    assertThat(EnvironmentKey.of(java.util.List.of("python"), other, there)).isEqualTo(here);
    assertThat(here).matches("[0-9a-f]{32}");
  }

  @Test
  void otherContentHasAnotherName() throws Exception {
    String first = key("numpy\n", "python");
    assertThat(key("numpy==1\n", "python")).isNotEqualTo(first);
    assertThat(key("numpy\n", "another python")).isNotEqualTo(first);
    assertThat(key("numpy\n", "pyth", "on")).isNotEqualTo(first);
    Files.writeString(archive.resolve("own.whl"), "another wheel");
    assertThat(key("numpy\n", "python")).isNotEqualTo(first);
  }

  @Test
  void filesThatNothingIsMadeOfDoNotCount() throws Exception {
    String first = key("numpy\n");
    String local = key("./package\n");
    Files.writeString(archive.resolve("package/setup.py"), "code");
    assertThat(key("numpy\n")).isEqualTo(first);
    assertThat(key("./package\n")).isNotEqualTo(local);
  }
}
