/* The paths of every request in ts/_wire/codec.py, compiled.
 *
 * codec.py defines what is done here, and works without it. What is not plain is left to it: a frame that
 * does not fit, so that there is one text for each error, and answers that need more than their bytes. So
 * nothing here reports a fault of the peer; a function only says how far it came. Layouts are those of
 * proto/wire.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

enum {
    VERSION = 1,
    PREDICT = 0x20,
    DESCRIBE = 0x22,
    RESULT = 0x23,
    LENGTH_SIZE = 4,
    HEADER_SIZE = 24,
    MIN_LENGTH = HEADER_SIZE - LENGTH_SIZE,
    REQUEST_SIZE = 32,
    PART_SIZE = 8,
    REPLY_SIZE = 24,
    FRAME_FIELDS = 5,
    REQUEST_FIELDS = 9,
    PART_FIELDS = 3,
    /* A bytearray from this size on may still be read while its owner goes on, so codec.py looks at it. */
    COPY_BELOW = 64 * 1024,
    /* Larger frames leave as several pieces, without a copy of their bodies. */
    JOIN_BELOW = 256 * 1024,
    KNOWN_TEXTS = 32,
    LONGEST_KNOWN = 48
};

typedef struct {
    PyObject *text;
    Py_ssize_t size;
    unsigned char bytes[LONGEST_KNOWN];
} KnownText;

typedef struct {
    PyTypeObject *frame;
    PyTypeObject *request_item;
    PyTypeObject *part;
    PyObject *empty;
    /* Names and content types of parts, which are the same few for most requests. */
    KnownText known[KNOWN_TEXTS];
} State;

/* What became of a frame. */
typedef enum { FAILED = -1, LEFT_ALONE = 0, READ = 1 } Outcome;

static uint16_t
u16(const unsigned char *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t
u32(const unsigned char *at)
{
    return (uint32_t)u16(at) << 16 | u16(at + 2);
}

static uint64_t
u64(const unsigned char *at)
{
    return (uint64_t)u32(at) << 32 | u32(at + 4);
}

static unsigned char *
put(unsigned char *at, uint64_t value, int size)
{
    for (int i = size - 1; i >= 0; i--) {
        at[i] = (unsigned char)value;
        value >>= 8;
    }
    return at + size;
}

/* An empty named tuple; its fields are to be set at once. */
static PyObject *
new_record(PyTypeObject *type, Py_ssize_t fields)
{
    PyObject *record = type->tp_alloc(type, fields);
#if PY_VERSION_HEX >= 0x030E0000
    if (record != NULL) {
        /* From 3.14 on a tuple keeps its hash, and what was just allocated would seem to have one. */
        ((PyTupleObject *)record)->ob_hash = -1;
    }
#endif
    return record;
}

/* Sets a field to a new reference, which is taken over. Returns whether there was one. */
static int
set_field(PyObject *record, Py_ssize_t index, PyObject *value)
{
    PyTuple_SET_ITEM(record, index, value);
    return value != NULL;
}

static PyObject *
text_of(State *state, const unsigned char *at, Py_ssize_t size)
{
    if (size == 0) {
        return Py_NewRef(state->empty);
    }
    return PyUnicode_DecodeUTF8((const char *)at, size, "replace");
}

static PyObject *
known_text_of(State *state, const unsigned char *at, Py_ssize_t size)
{
    if (size == 0 || size > LONGEST_KNOWN) {
        return text_of(state, at, size);
    }
    size_t place = (size_t)size * 7 + at[0] + at[size / 2] * 3u + at[size - 1] * 5u;
    KnownText *known = &state->known[place % KNOWN_TEXTS];
    if (known->text != NULL && known->size == size && memcmp(known->bytes, at, (size_t)size) == 0) {
        return Py_NewRef(known->text);
    }
    PyObject *text = text_of(state, at, size);
    if (text != NULL) {
        Py_XSETREF(known->text, Py_NewRef(text));
        known->size = size;
        memcpy(known->bytes, at, (size_t)size);
    }
    return text;
}

/* Reads one part and moves `*cursor` behind it. */
static Outcome
read_part(State *state, const unsigned char **cursor, const unsigned char *end, PyObject *parts, Py_ssize_t index)
{
    const unsigned char *at = *cursor;
    if (end - at < PART_SIZE) {
        return LEFT_ALONE;
    }
    Py_ssize_t name = u16(at), type = u16(at + 2);
    uint32_t body = u32(at + 4);
    at += PART_SIZE;
    if (end - at < name + type || (size_t)(end - at - name - type) < body) {
        return LEFT_ALONE;
    }
    PyObject *part = new_record(state->part, PART_FIELDS);
    if (part == NULL) {
        return FAILED;
    }
    PyList_SET_ITEM(parts, index, part);
    *cursor = at + name + type + body;
    int made = set_field(part, 0, known_text_of(state, at, name))
               && set_field(part, 1, known_text_of(state, at + name, type))
               && set_field(part, 2, PyByteArray_FromStringAndSize((const char *)at + name + type, body));
    return made ? READ : FAILED;
}

/* Reads one request item and moves `*cursor` behind it. */
static Outcome
read_item(State *state, const unsigned char **cursor, const unsigned char *end, PyObject *items, Py_ssize_t index)
{
    const unsigned char *at = *cursor;
    if (end - at < REQUEST_SIZE) {
        return LEFT_ALONE;
    }
    const unsigned char *head = at;
    Py_ssize_t count = u16(head + 14);
    uint32_t block = u32(head + 16);
    Py_ssize_t label = u16(head + 20), sequence = u16(head + 22);
    Py_ssize_t texts = label + sequence;
    at += REQUEST_SIZE;
    if (end - at < texts || (size_t)(end - at - texts) < block) {
        return LEFT_ALONE;
    }
    if ((end - at - texts - (Py_ssize_t)block) / PART_SIZE < count) {
        return LEFT_ALONE;
    }
    PyObject *item = new_record(state->request_item, REQUEST_FIELDS);
    if (item == NULL) {
        return FAILED;
    }
    PyList_SET_ITEM(items, index, item);
    PyObject *parts = NULL;
    int made = set_field(item, 0, PyLong_FromUnsignedLongLong(u64(head)))
               && set_field(item, 1, PyLong_FromUnsignedLong(u32(head + 8)))
               && set_field(item, 2, PyLong_FromLong(u16(head + 12)))
               && set_field(item, 3, PyLong_FromUnsignedLong(u32(head + 28)))
               && set_field(item, 4, text_of(state, at, label))
               && set_field(item, 5, text_of(state, at + label, sequence))
               && set_field(item, 6, PyLong_FromLong(u16(head + 24)))
               && set_field(item, 7, PyByteArray_FromStringAndSize((const char *)at + texts, block))
               && set_field(item, 8, parts = PyList_New(count));
    if (!made) {
        return FAILED;
    }
    *cursor = at + texts + block;
    for (Py_ssize_t i = 0; i < count; i++) {
        Outcome outcome = read_part(state, cursor, end, parts, i);
        if (outcome != READ) {
            return outcome;
        }
    }
    return READ;
}

/* Reads the frame at `at`, whose bytes are all there, and appends it to `frames`. */
static Outcome
read_frame(State *state, const unsigned char *at, const unsigned char *end, PyObject *frames)
{
    uint32_t count = u32(at + 20);
    const unsigned char *cursor = at + HEADER_SIZE;
    if ((uint64_t)(end - cursor) / REQUEST_SIZE < count) {
        return LEFT_ALONE;
    }
    PyObject *items = PyList_New((Py_ssize_t)count);
    if (items == NULL) {
        return FAILED;
    }
    Outcome outcome = READ;
    for (uint32_t i = 0; i < count && outcome == READ; i++) {
        outcome = read_item(state, &cursor, end, items, i);
    }
    if (outcome == READ && cursor != end) {
        outcome = LEFT_ALONE;
    }
    PyObject *frame = outcome == READ ? new_record(state->frame, FRAME_FIELDS) : NULL;
    if (frame == NULL) {
        Py_DECREF(items);
        return outcome == READ ? FAILED : outcome;
    }
    PyTuple_SET_ITEM(frame, 4, items);
    int made = set_field(frame, 0, PyLong_FromLong(at[5]))
               && set_field(frame, 1, PyLong_FromLong(u16(at + 6)))
               && set_field(frame, 2, PyLong_FromUnsignedLong(u32(at + 8)))
               && set_field(frame, 3, PyLong_FromUnsignedLongLong(u64(at + 12)))
               && PyList_Append(frames, frame) == 0;
    Py_DECREF(frame);
    return made ? READ : FAILED;
}

PyDoc_STRVAR(decode_runs_doc,
"decode_runs(buffer, at, end, max_frame, frames, /)\n--\n\n"
"Appends the PREDICT, EXPLAIN and DESCRIBE frames that begin at `at` and are whole in `buffer[at:end]`.\n\n"
"Returns where the first frame begins that is of another type, not complete, or not as it should be.");

static PyObject *
decode_runs(PyObject *module, PyObject *args)
{
    State *state = PyModule_GetState(module);
    Py_buffer view;
    Py_ssize_t at, end;
    unsigned long long max_frame;
    PyObject *frames;
    if (!PyArg_ParseTuple(args, "y*nnKO!:decode_runs", &view, &at, &end, &max_frame, &PyList_Type, &frames)) {
        return NULL;
    }
    if (at < 0 || end > view.len) {
        PyErr_Format(PyExc_ValueError, "at: %zd, end: %zd (expected: within %zd bytes)", at, end, view.len);
        PyBuffer_Release(&view);
        return NULL;
    }
    const unsigned char *bytes = view.buf;
    Outcome outcome = READ;
    while (end - at >= HEADER_SIZE) {
        const unsigned char *head = bytes + at;
        uint64_t length = u32(head);
        if (length < MIN_LENGTH || length > max_frame || length > (uint64_t)(end - at - LENGTH_SIZE)
            || head[4] != VERSION || head[5] < PREDICT || head[5] > DESCRIBE) {
            break;
        }
        Py_ssize_t after = at + LENGTH_SIZE + (Py_ssize_t)length;
        outcome = read_frame(state, head, bytes + after, frames);
        if (outcome != READ) {
            break;
        }
        at = after;
    }
    PyBuffer_Release(&view);
    return outcome == FAILED ? NULL : PyLong_FromSsize_t(at);
}

/* Puts the bodies of one request into `row` by name. */
static Outcome
fill_row(State *state, PyObject *row, PyObject *item, PyObject *plain)
{
    if (Py_TYPE(item) != state->request_item) {
        PyErr_Format(PyExc_TypeError, "item: %s (expected: a request item)", Py_TYPE(item)->tp_name);
        return FAILED;
    }
    PyObject *parts = PySequence_Fast(PyTuple_GET_ITEM(item, 8), "parts: not a sequence (expected: parts)");
    if (parts == NULL) {
        return FAILED;
    }
    Outcome outcome = READ;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(parts) && outcome == READ; i++) {
        PyObject *part = PySequence_Fast_GET_ITEM(parts, i);
        if (Py_TYPE(part) != state->part) {
            PyErr_Format(PyExc_TypeError, "part: %s (expected: a part)", Py_TYPE(part)->tp_name);
            outcome = FAILED;
            break;
        }
        int known = plain == Py_None ? 1 : PySet_Contains(plain, PyTuple_GET_ITEM(part, 1));
        if (known <= 0) {
            outcome = known == 0 ? LEFT_ALONE : FAILED;
        } else if (PyDict_SetItem(row, PyTuple_GET_ITEM(part, 0), PyTuple_GET_ITEM(part, 2)) < 0) {
            outcome = FAILED;
        }
    }
    Py_DECREF(parts);
    return outcome;
}

PyDoc_STRVAR(plain_rows_doc,
"plain_rows(items, plain, /)\n--\n\n"
"Returns the bodies of each request by name; see ts._wire.codec.");

static PyObject *
plain_rows(PyObject *module, PyObject *args)
{
    State *state = PyModule_GetState(module);
    PyObject *requests, *plain;
    if (!PyArg_ParseTuple(args, "OO:plain_rows", &requests, &plain)) {
        return NULL;
    }
    PyObject *items = PySequence_Fast(requests, "items: not a sequence (expected: request items)");
    if (items == NULL) {
        return NULL;
    }
    Py_ssize_t count = PySequence_Fast_GET_SIZE(items);
    PyObject *rows = PyList_New(count);
    Outcome outcome = rows == NULL ? FAILED : READ;
    for (Py_ssize_t i = 0; i < count && outcome == READ; i++) {
        PyObject *row = PyDict_New();
        if (row == NULL) {
            outcome = FAILED;
            break;
        }
        PyList_SET_ITEM(rows, i, row);
        outcome = fill_row(state, row, PySequence_Fast_GET_ITEM(items, i), plain);
    }
    Py_DECREF(items);
    if (outcome == READ) {
        return rows;
    }
    Py_XDECREF(rows);
    return outcome == FAILED ? NULL : Py_NewRef(Py_None);
}

/* The bytes of an answer that is plain, and their number; NULL: it is not. */
static const char *
plain_body(PyObject *answer, Py_ssize_t *size)
{
    if (PyBytes_CheckExact(answer)) {
        *size = PyBytes_GET_SIZE(answer);
        return PyBytes_AS_STRING(answer);
    }
    if (PyByteArray_CheckExact(answer) && PyByteArray_GET_SIZE(answer) < COPY_BELOW) {
        *size = PyByteArray_GET_SIZE(answer);
        return PyByteArray_AS_STRING(answer);
    }
    return NULL;
}

/* Bytes of the frame of these answers; 0: they are not plain, or too many for one piece. */
static Py_ssize_t
joined_size(PyObject *const *answers, Py_ssize_t count, Py_ssize_t limit)
{
    Py_ssize_t total = HEADER_SIZE;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t size;
        if (plain_body(answers[i], &size) == NULL || size > limit || size >= JOIN_BELOW) {
            return 0;
        }
        total += REPLY_SIZE + size;
        if (total >= JOIN_BELOW) {
            return 0;
        }
    }
    return total;
}

/* Writes an answer that is plain; returns where it ends, NULL with an exception set if `item` is no request. */
static unsigned char *
put_answer(State *state, unsigned char *at, PyObject *item, PyObject *answer)
{
    if (Py_TYPE(item) != state->request_item) {
        PyErr_Format(PyExc_TypeError, "item: %s (expected: a request item)", Py_TYPE(item)->tp_name);
        return NULL;
    }
    unsigned long long id = PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(item, 0));
    if (id == (unsigned long long)-1 && PyErr_Occurred()) {
        return NULL;
    }
    Py_ssize_t size = 0;
    const char *body = plain_body(answer, &size);
    at = put(at, id, 8);
    at = put(at, 0, 8); /* status, flags, error, reason, type */
    at = put(at, 0, 4); /* headers */
    at = put(at, (uint64_t)size, 4);
    memcpy(at, body, (size_t)size);
    return at + size;
}

PyDoc_STRVAR(encode_answers_doc,
"encode_answers(model, run, items, answers, limit, /)\n--\n\n"
"Returns a RESULT frame for the answers to these items, in order; see ts._wire.codec.");

static PyObject *
encode_answers(PyObject *module, PyObject *args)
{
    State *state = PyModule_GetState(module);
    unsigned int model;
    unsigned long long run;
    PyObject *requests, *answers;
    Py_ssize_t limit;
    if (!PyArg_ParseTuple(args, "IKOO!n:encode_answers", &model, &run, &requests, &PyList_Type, &answers, &limit)) {
        return NULL;
    }
    PyObject *items = PySequence_Fast(requests, "items: not a sequence (expected: request items)");
    if (items == NULL) {
        return NULL;
    }
    Py_ssize_t count = PyList_GET_SIZE(answers), total = 0;
    if (PySequence_Fast_GET_SIZE(items) == count) {
        total = joined_size(((PyListObject *)answers)->ob_item, count, limit);
    }
    PyObject *frame = total == 0 ? Py_NewRef(Py_None) : PyBytes_FromStringAndSize(NULL, total);
    if (frame != NULL && total != 0) {
        unsigned char *at = (unsigned char *)PyBytes_AS_STRING(frame);
        at = put(at, (uint64_t)(total - LENGTH_SIZE), 4);
        at = put(at, VERSION, 1);
        at = put(at, RESULT, 1);
        at = put(at, 0, 2); /* flags */
        at = put(at, model, 4);
        at = put(at, run, 8);
        at = put(at, (uint64_t)count, 4);
        for (Py_ssize_t i = 0; i < count && at != NULL; i++) {
            at = put_answer(state, at, PySequence_Fast_GET_ITEM(items, i), PyList_GET_ITEM(answers, i));
        }
        if (at == NULL) {
            Py_CLEAR(frame);
        }
    }
    Py_DECREF(items);
    return frame;
}

PyDoc_STRVAR(new_buffer_doc,
"new_buffer(size, /)\n--\n\n"
"Returns a buffer of so many bytes, which are not set to anything.");

static PyObject *
new_buffer(PyObject *Py_UNUSED(module), PyObject *argument)
{
    Py_ssize_t size = PyLong_AsSsize_t(argument);
    if (size == -1 && PyErr_Occurred()) {
        return NULL;
    }
    if (size < 0) {
        PyErr_Format(PyExc_ValueError, "size: %zd (expected: >= 0)", size);
        return NULL;
    }
    return PyByteArray_FromStringAndSize(NULL, size);
}

static PyTypeObject *
record_type(PyObject *messages, const char *name)
{
    PyObject *type = PyObject_GetAttrString(messages, name);
    if (type != NULL && !(PyType_Check(type) && PyType_IsSubtype((PyTypeObject *)type, &PyTuple_Type))) {
        PyErr_Format(PyExc_TypeError, "ts._wire.messages.%s: not a type (expected: a named tuple)", name);
        Py_CLEAR(type);
    }
    return (PyTypeObject *)type;
}

static int
execute(PyObject *module)
{
    State *state = PyModule_GetState(module);
    PyObject *messages = PyImport_ImportModule("ts._wire.messages");
    if (messages == NULL) {
        return -1;
    }
    state->frame = record_type(messages, "Frame");
    state->request_item = record_type(messages, "RequestItem");
    state->part = record_type(messages, "Part");
    Py_DECREF(messages);
    state->empty = PyUnicode_FromString("");
    return state->frame && state->request_item && state->part && state->empty ? 0 : -1;
}

static int
traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(module);
    Py_VISIT(state->frame);
    Py_VISIT(state->request_item);
    Py_VISIT(state->part);
    return 0;
}

static int
clear(PyObject *module)
{
    State *state = PyModule_GetState(module);
    Py_CLEAR(state->frame);
    Py_CLEAR(state->request_item);
    Py_CLEAR(state->part);
    Py_CLEAR(state->empty);
    for (int i = 0; i < KNOWN_TEXTS; i++) {
        Py_CLEAR(state->known[i].text);
    }
    return 0;
}

static void
release(void *module)
{
    clear(module);
}

static PyMethodDef methods[] = {
    {"decode_runs", decode_runs, METH_VARARGS, decode_runs_doc},
    {"plain_rows", plain_rows, METH_VARARGS, plain_rows_doc},
    {"encode_answers", encode_answers, METH_VARARGS, encode_answers_doc},
    {"new_buffer", new_buffer, METH_O, new_buffer_doc},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, execute},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "ts._wire._accelerator",
    .m_doc = "The paths of every request in ts._wire.codec, compiled.",
    .m_size = sizeof(State),
    .m_methods = methods,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = release,
};

PyMODINIT_FUNC
PyInit__accelerator(void)
{
    return PyModuleDef_Init(&definition);
}
