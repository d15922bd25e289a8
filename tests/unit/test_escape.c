/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hostile text, made safe for where it lands. */
#include "tree.h"

typedef void add_fn(struct str *out, const char *text);

static void add_line(struct str *out, const char *text)
{
	str_add_printable(out, text, strlen(text));
}

static void assert_becomes(add_fn *add, const char *text, const char *expected)
{
	CLEANUP(str_done) struct str s = { 0 };

	add(&s, text);
	assert_string_equal(str_c(&s), expected);
}

static void test_printable(void **state)
{
	(void)state;
	assert_becomes(add_line, "Grün 日本 \xf0\x9f\x92\xbe",
		       "Grün 日本 \xf0\x9f\x92\xbe");
	assert_becomes(add_line, "a\nb\r\t\x1b[2J\x7f", "a\\x0ab\\x0d\\x09\\x1b[2J\\x7f");
	/* U+0085, U+2028 and U+2029 end a line for YAML 1.1; U+FEFF is no text in it */
	assert_becomes(add_line,
		       "a\xc2\x85"
		       "b\xe2\x80\xa8"
		       "c\xe2\x80\xa9"
		       "d\xef\xbb\xbf",
		       "a\\xc2\\x85b\\xe2\\x80\\xa8c\\xe2\\x80\\xa9d\\xef\\xbb\\xbf");
	assert_becomes(add_line, "\xe2\x80\xa7\xe2\x80\xaa", "\xe2\x80\xa7\xe2\x80\xaa");
	/* cut, overlong, a surrogate, above U+10FFFF */
	assert_becomes(add_line, "\xe2\x80", "\\xe2\\x80");
	assert_becomes(add_line, "\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80",
		       "\\xc0\\xaf \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80");
}

static void test_xml(void **state)
{
	(void)state;
	assert_becomes(str_add_xml, "/usr/share/OVMF/OVMF_CODE_4M.fd",
		       "/usr/share/OVMF/OVMF_CODE_4M.fd");
	assert_becomes(str_add_xml, "]]></loader><x a='b' c=\"d\">&amp;",
		       "]]&#62;&#60;/loader&#62;&#60;x a=&#39;b&#39; c=&#34;d&#34;&#62;"
		       "&#38;amp;");
	assert_becomes(str_add_xml, "a\tb\nc\rd", "a&#9;b&#10;c&#13;d");
	/* not even as a reference (XML 1.0, 2.2) */
	assert_becomes(str_add_xml, "\x01\x1b\xef\xbf\xbf\xff",
		       "\\x01\\x1b\\xef\\xbf\\xbf\\xff");
	assert_becomes(str_add_xml, "", "");
}

static void test_xml_comment(void **state)
{
	CLEANUP(str_done) struct str s = { 0 };

	(void)state;
	assert_becomes(str_add_xml_comment, "--><x/>", "- -><x/>");
	assert_becomes(str_add_xml_comment, "-----", "- - - - - ");
	assert_becomes(str_add_xml_comment, "a-b & 'c' ]]>", "a-b & 'c' ]]>");
	assert_becomes(str_add_xml_comment, "a\n-\n-", "a\\x0a-\\x0a- ");
	assert_becomes(str_add_xml_comment, "", "");
	/* nor together with what stands before it */
	str_add(&s, "<!-- x-");
	str_add_xml_comment(&s, "->");
	assert_string_equal(str_c(&s), "<!-- x- ->");
}

static void test_yaml(void **state)
{
	(void)state;
	assert_becomes(str_add_yaml, "0000:0b:00.0", "\"0000:0b:00.0\"");
	assert_becomes(str_add_yaml, "- a: [b, {c}] # d 'e' *f &g !h %i @j",
		       "\"- a: [b, {c}] # d 'e' *f &g !h %i @j\"");
	assert_becomes(str_add_yaml, "\"\\", "\"\\\"\\\\\"");
	assert_becomes(str_add_yaml, "a\nb\tc\x1b", "\"a\\u000ab\\u0009c\\u001b\"");
	assert_becomes(str_add_yaml, "\xc2\x85\xe2\x80\xa8\xef\xbb\xbf",
		       "\"\\u0085\\u2028\\ufeff\"");
	assert_becomes(str_add_yaml, "\x80\xe2\x80", "\"\\\\x80\\\\xe2\\\\x80\"");
	assert_becomes(str_add_yaml, "", "\"\"");
}

static void test_shell_word(void **state)
{
	(void)state;
	assert_becomes(str_add_shell_word, "host=0000:0b:00.0,bus=rp1",
		       "host=0000:0b:00.0,bus=rp1");
	assert_becomes(str_add_shell_word, "a'b\n$(c)", "'a'\\''b\n$(c)'");
	assert_becomes(str_add_shell_word, "", "''");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printable),   cmocka_unit_test(test_xml),
		cmocka_unit_test(test_xml_comment), cmocka_unit_test(test_yaml),
		cmocka_unit_test(test_shell_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
