// The floor of reading YAML: every event of a file through libyaml, in C, and nothing done with it.
// Usage: yamlfloor FILE; prints the number of events.
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  FILE *file = fopen(argv[1], "rb");
  if (!file) return 1;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  unsigned char *text = malloc(size);
  if (fread(text, 1, size, file) != (size_t)size) return 1;
  fclose(file);
  yaml_parser_t parser;
  yaml_event_t event;
  yaml_parser_initialize(&parser);
  yaml_parser_set_input_string(&parser, text, size);
  long events = 0;
  for (int done = 0; !done; events++) {
    if (!yaml_parser_parse(&parser, &event)) return 2;
    done = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
  }
  yaml_parser_delete(&parser);
  printf("%ld events\n", events);
  return 0;
}
