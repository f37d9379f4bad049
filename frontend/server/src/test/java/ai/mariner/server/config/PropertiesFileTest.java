package ai.mariner.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PropertiesFileTest {
  private static final Path NAME = Path.of("config.properties");

  @Test
  void readsTheSyntaxOfJavaProperties() {
    PropertiesFile file =
        PropertiesFile.parse(NAME, "# note\n! note\na=1 \nb : 2\nc 3\nd=x,\\\n   y\ne\n\\u0066=6");
    assertThat(file.values())
        .containsEntry("a", "1")
        .containsEntry("b", "2")
        .containsEntry("c", "3")
        .containsEntry("d", "x,y")
        .containsEntry("e", "")
        .containsEntry("f", "6")
        .hasSize(6);
  }

  @Test
  void readsUtf8AndLatin1(@TempDir Path folder) throws IOException {
    Path path = folder.resolve("c.properties");
    Files.writeString(path, "model_store=/modèles", StandardCharsets.UTF_8);
    assertThat(PropertiesFile.read(path).values()).containsEntry("model_store", "/modèles");
    Files.writeString(path, "model_store=/modèles", StandardCharsets.ISO_8859_1);
    assertThat(PropertiesFile.read(path).values()).containsEntry("model_store", "/modèles");
  }

  @Test
  void readsWhatOtherSystemsWrite(@TempDir Path folder) throws IOException {
    Path path = folder.resolve("c.properties");
    Files.writeString(path, "\ufeffmodel_store=/modèles\rjob_queue_size=5\r\n# end\u001a");
    assertThat(PropertiesFile.read(path).values())
        .containsEntry("model_store", "/modèles")
        .containsEntry("job_queue_size", "5")
        .hasSize(2);
    Files.writeString(path, "model_store=/modèles", StandardCharsets.UTF_16);
    assertThat(PropertiesFile.read(path).values()).containsEntry("model_store", "/modèles");
    Files.writeString(path, "\ufeffa=1", StandardCharsets.UTF_16LE);
    assertThat(PropertiesFile.read(path).values()).containsEntry("a", "1").hasSize(1);
    Files.writeString(path, "a=1", StandardCharsets.UTF_16LE);
    assertThatThrownBy(() -> PropertiesFile.read(path)).hasMessage("it holds the byte 0");
  }

  @Test
  void remembersWhatComesTwice() {
    PropertiesFile file = PropertiesFile.parse(NAME, "a=1\nb=2\na=3\na=4");
    assertThat(file.values()).containsEntry("a", "4");
    assertThat(file.repeatedKeys()).containsExactly("a");
  }
}
